import { Problem } from '../domain/errors.ts'

const form = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/

/**
 * The time that a query names: `2030-01-02T03:04:05Z`, or `2030-01-02` for its midnight in UTC.
 *
 * Throws a `Problem` of kind `invalid` with the code `TIME_FORM`.
 */
export function parseInstant(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const at = new Date(text)
  if (form.test(text) && !Number.isNaN(at.getTime())) return at
  throw new Problem(
    'invalid',
    'TIME_FORM',
    `${name} must be a time such as 2030-01-02T03:04:05Z, or a day such as 2030-01-02.`,
    { name },
  )
}
