import { Problem, type ProblemDetails } from '../domain/errors.ts'

/** Why there is no answer that can be used. */
export type UpstreamOutcome =
  | 'UNREACHABLE'
  | 'TIMEOUT'
  | 'FAILED'
  | 'ANSWER_INVALID'
  /** Not asked at all: it failed again and again a moment ago. */
  | 'RESTING'
  /** Not asked at all: as many calls as may be are under way and waiting. */
  | 'BUSY'

interface UnavailableOptions {
  readonly retryAfterMs?: number | undefined
  readonly details?: ProblemDetails
  readonly cause?: unknown
}

/** A server that we depend on gave no answer that can be used. Whether it did what it was asked is unknown. */
export class UpstreamUnavailable extends Problem {
  readonly upstream: string
  readonly outcome: UpstreamOutcome
  /** When asking again makes sense, where that is known. */
  readonly retryAfterMs: number | undefined

  constructor(
    upstream: string,
    outcome: UpstreamOutcome,
    message: string,
    options: UnavailableOptions = {},
  ) {
    super('unavailable', upstreamCode(upstream, outcome), message, options.details, {
      cause: options.cause,
    })
    this.name = 'UpstreamUnavailable'
    this.upstream = upstream
    this.outcome = outcome
    this.retryAfterMs = options.retryAfterMs
  }

  /** False when it was not even asked, so that it surely did nothing. */
  get wasAsked(): boolean {
    return this.outcome !== 'RESTING' && this.outcome !== 'BUSY'
  }
}

/**
 * A server that we depend on understood what it was asked and declined: asking the same again changes nothing.
 */
export class UpstreamRefused extends Problem {
  readonly upstream: string
  readonly status: number
  /** What it said, when that was JSON. Comes from outside: show it to nobody unchecked. */
  readonly answer: unknown

  constructor(upstream: string, status: number, answer: unknown) {
    super(
      'refused-upstream',
      upstreamCode(upstream, 'REFUSED'),
      `The ${upstream} refused the request with HTTP ${status}.`,
      { status },
    )
    this.name = 'UpstreamRefused'
    this.upstream = upstream
    this.status = status
    this.answer = answer
  }
}

/** `TAX_AUTHORITY_TIMEOUT` of the `tax authority` and `TIMEOUT`. */
function upstreamCode(upstream: string, outcome: string): string {
  return `${upstream.toUpperCase().replaceAll(' ', '_')}_${outcome}`
}
