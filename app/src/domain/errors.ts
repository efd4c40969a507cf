/** What went wrong, in the service's own terms; src/http/error-reply.ts gives each kind its HTTP status. */
export type ProblemKind =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'too-many'
  | 'refused-upstream'
  | 'unavailable'

export type ProblemDetails = Readonly<Record<string, string | number | boolean>>

/** An outcome the caller can act on. Everything else that is thrown is a fault of ours and answers 500. */
export class Problem extends Error {
  readonly kind: ProblemKind
  readonly code: string
  readonly details: ProblemDetails

  constructor(
    kind: ProblemKind,
    code: string,
    message: string,
    details: ProblemDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'Problem'
    this.kind = kind
    this.code = code
    this.details = details
  }
}
