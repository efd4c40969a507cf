import type { Inn } from '../domain/inn.ts'
import type { TaxStatus } from '../domain/tax-status.ts'
import type { TaxStatusRepository } from '../storage/tax-status-repository.ts'
import type { StatusCheck } from './status-check.ts'

export type Clock = () => Date

/** The statuses that are known, and for how long each of them counts as fresh. */
export class StatusCache {
  readonly #statuses: TaxStatusRepository
  readonly #freshMs: number
  readonly #now: Clock

  constructor(statuses: TaxStatusRepository, freshMs: number, now: Clock) {
    this.#statuses = statuses
    this.#freshMs = freshMs
    this.#now = now
  }

  fresh(inn: Inn): TaxStatus | undefined {
    const stored = this.#statuses.find(inn)
    return stored !== undefined && this.#isFresh(stored) ? stored : undefined
  }

  refill(inn: Inn, check: StatusCheck): TaxStatus {
    const status = check.run(inn)
    this.#statuses.store(inn, status)
    return status
  }

  freshUntil(status: TaxStatus): Date {
    return new Date(status.checkedAt.getTime() + this.#freshMs)
  }

  #isFresh(status: TaxStatus): boolean {
    return this.#now() < this.freshUntil(status)
  }
}
