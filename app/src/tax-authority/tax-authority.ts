import type { Inn } from '../domain/inn.ts'
import type { Standing } from '../domain/tax-status.ts'
import { readStatusAnswer } from './status-answer.ts'
import type { Upstream } from './upstream.ts'

const statusPath = '/api/v1/tracker/taxpayer_status'

/** The tax authority's service for the status of self-employed people. */
export class TaxAuthority {
  readonly #upstream: Upstream

  constructor(upstream: Upstream) {
    this.#upstream = upstream
  }

  /** Throws `TaxAuthorityUnavailable` when there is no answer in time, or none that can be understood. */
  standingOf(inn: Inn, at: Date): Standing {
    const requestDate = at.toISOString().slice(0, 10)
    const answer = this.#upstream.postJson(statusPath, { inn, requestDate })
    return readStatusAnswer(answer).status ? 'self-employed' : 'not-self-employed'
  }
}
