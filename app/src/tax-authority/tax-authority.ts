import type { Inn } from '../domain/inn.ts'
import type { Standing } from '../domain/tax-status.ts'
import type { Upstream, UpstreamRequest } from '../upstream/upstream.ts'
import { isStatusAnswer } from './status-answer.ts'

const statusPath = '/api/v1/tracker/taxpayer_status'

/** The tax authority's service for the status of self-employed people. */
export class TaxAuthority {
  readonly #upstream: Upstream

  constructor(upstream: Upstream) {
    this.#upstream = upstream
  }

  /** Throws `UpstreamUnavailable` when there is no answer in time, or none that can be understood. */
  standingOf(inn: Inn, at: Date): Standing {
    return this.#standingIn(this.#upstream.call(statusQuestion(inn, at)))
  }

  /** The same for async code. */
  async standingOfAsync(inn: Inn, at: Date): Promise<Standing> {
    return this.#standingIn(await this.#upstream.callAsync(statusQuestion(inn, at)))
  }

  #standingIn(answer: unknown): Standing {
    if (!isStatusAnswer(answer)) {
      throw this.#upstream.unusable('it has no boolean `status` with a `message`')
    }
    return answer.status ? 'self-employed' : 'not-self-employed'
  }
}

function statusQuestion(inn: Inn, at: Date): UpstreamRequest {
  const requestDate = at.toISOString().slice(0, 10)
  return { method: 'POST', path: statusPath, body: { inn, requestDate }, isIdempotent: true }
}
