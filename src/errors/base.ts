/** What every error of this library has in common: a stable `code` to switch on. */
export abstract class GreenThreadsError extends Error {
  /** Stable identifier, listed in docs/errors.md. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    // Not enumerable, as on built-in errors.
    Object.defineProperty(this, 'name', {
      value: new.target.name,
      configurable: true,
      writable: true,
    })
  }
}

/** An argument is of the wrong type or out of range. */
export class InvalidArgumentError extends GreenThreadsError {
  constructor(name: string, expected: string, actual: unknown) {
    super('ERR_GT_INVALID_ARGUMENT', `${name} must be ${expected}, got ${describe(actual)}`)
  }
}

/** Our own fault. */
export class BugError extends GreenThreadsError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_GT_BUG', `${message}. This is a bug in greenthreads: please report it.`, options)
  }
}

/** Several things failed where one error is to be thrown. Their own errors are unchanged, in `errors`. */
export function severalErrors(what: string, errors: readonly unknown[]): AggregateError {
  const messages = errors.map((error) => (error instanceof Error ? error.message : String(error)))
  const shown = messages.slice(0, SHOWN_MESSAGES).map((message) => `\n- ${message}`)
  const hidden = messages.length - shown.length
  if (hidden > 0) shown.push(`\n- and ${hidden} more`)
  return new AggregateError(errors, `${errors.length} ${what}:${shown.join('')}`)
}

const SHOWN_MESSAGES = 5

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function') return `a function ${value.name}`.trimEnd()
  if (typeof value === 'object' && value !== null) return `an object of class ${className(value)}`
  return String(value)
}

function className(value: object): string {
  const made: unknown = value.constructor
  return typeof made === 'function' && made.name !== '' ? made.name : 'Object'
}
