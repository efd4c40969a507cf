import type { Inn } from '../domain/inn.ts'
import type { TaxStatus } from '../domain/tax-status.ts'
import type { TaxAuthority } from '../tax-authority/tax-authority.ts'
import type { Clock } from './status-cache.ts'

/** What a check needs of the tax authority. */
export type Standings = Pick<TaxAuthority, 'standingOf'>

/** One question to the tax authority, answered for the day on which it is asked. */
export class StatusCheck {
  readonly #taxAuthority: Standings
  readonly #now: Clock

  constructor(taxAuthority: Standings, now: Clock) {
    this.#taxAuthority = taxAuthority
    this.#now = now
  }

  run(inn: Inn): TaxStatus {
    // The time of the question: an answer counts from the moment it was asked for, not from when it came.
    const checkedAt = this.#now()
    return { standing: this.#taxAuthority.standingOf(inn, checkedAt), checkedAt }
  }
}
