import { Problem, type ProblemDetails, type ProblemKind } from '../domain/errors.ts'
import { type UpstreamOutcome, UpstreamUnavailable } from '../upstream/upstream-errors.ts'

/** An error on its way from one thread to another, where objects lose their class and what it added to them. */
export type CarriedError =
  | {
      readonly type: 'unavailable'
      readonly upstream: string
      readonly outcome: UpstreamOutcome
      readonly message: string
      readonly retryAfterMs: number | undefined
      readonly details: ProblemDetails
    }
  | {
      readonly type: 'problem'
      readonly kind: ProblemKind
      readonly code: string
      readonly message: string
      readonly details: ProblemDetails
    }
  | { readonly type: 'fault'; readonly error: unknown }

export function carry(error: unknown): CarriedError {
  if (error instanceof UpstreamUnavailable) {
    const { upstream, outcome, message, retryAfterMs, details } = error
    return { type: 'unavailable', upstream, outcome, message, retryAfterMs, details }
  }
  if (error instanceof Problem) {
    const { kind, code, message, details } = error
    return { type: 'problem', kind, code, message, details }
  }
  return { type: 'fault', error }
}

export function unpack(carried: CarriedError): unknown {
  switch (carried.type) {
    case 'unavailable':
      return new UpstreamUnavailable(carried.upstream, carried.outcome, carried.message, carried)
    case 'problem':
      return new Problem(carried.kind, carried.code, carried.message, carried.details)
    case 'fault':
      return carried.error
  }
}
