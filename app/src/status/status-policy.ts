import type { Contractor } from '../domain/contractor.ts'
import type { TaxStatus } from '../domain/tax-status.ts'
import type { StatusCache } from './status-cache.ts'
import type { StatusCheck } from './status-check.ts'

export type StatusSource = 'stored' | 'tax-authority'

export interface GivenStatus {
  readonly status: TaxStatus
  readonly source: StatusSource
  readonly freshUntil: Date
}

/**
 * Which status may be answered: a fresh one only. When the tax authority can't be asked, a stale one is not
 * good enough, because money is paid on the strength of it.
 */
export class StatusPolicy {
  readonly #cache: StatusCache
  readonly #check: StatusCheck

  constructor(cache: StatusCache, check: StatusCheck) {
    this.#cache = cache
    this.#check = check
  }

  statusFor(contractor: Contractor): GivenStatus {
    const stored = this.#cache.fresh(contractor.inn)
    if (stored !== undefined) return this.#given(stored, 'stored')
    return this.#given(this.#cache.refill(contractor.inn, this.#check), 'tax-authority')
  }

  #given(status: TaxStatus, source: StatusSource): GivenStatus {
    return { status, source, freshUntil: this.#cache.freshUntil(status) }
  }
}
