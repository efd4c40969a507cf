import { createHash } from 'node:crypto'
import { Problem } from './errors.ts'

/** Whose request it is, and how its repetitions are recognised. */
export interface RequestIdentity {
  readonly client: string
  readonly key: string
  /** Of what was asked for: two requests with one key must be the same. */
  readonly fingerprint: string
}

/** Throws a `Problem` of kind `invalid` with the code `IDEMPOTENCY_KEY_MISSING` or `IDEMPOTENCY_KEY_FORM`. */
export function parseIdempotencyKey(header: string | string[] | undefined): string {
  if (header === undefined) {
    throw new Problem(
      'invalid',
      'IDEMPOTENCY_KEY_MISSING',
      'The header Idempotency-Key is missing. Send a new random one, such as a UUID, with each new request, ' +
        'and the same one when you repeat it: nothing is paid twice then.',
    )
  }
  if (typeof header === 'string' && /^[\x21-\x7e]{1,200}$/.test(header)) return header
  throw new Problem(
    'invalid',
    'IDEMPOTENCY_KEY_FORM',
    'The Idempotency-Key must be one of 1 to 200 printable ASCII characters without spaces.',
  )
}

export function fingerprintOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

export function keyReused(key: string): Problem {
  return new Problem(
    'conflict',
    'IDEMPOTENCY_KEY_REUSED',
    `The Idempotency-Key ${key} was used for another request. Take a new one for a new request.`,
    { key },
  )
}
