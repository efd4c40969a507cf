import { Problem } from './errors.ts'

/**
 * `text` without spaces around it, if it is one line that people can read: control characters are for programs,
 * and half of a surrogate pair is no character at all. Markup and SQL are text like any other.
 *
 * Throws a `Problem` of kind `invalid` with the code `TEXT_INVALID`.
 */
export function parseLineOfText(field: string, text: string, mostLength: number): string {
  const trimmed = text.trim()
  const why = objection(trimmed, mostLength)
  if (why === undefined) return trimmed
  throw new Problem('invalid', 'TEXT_INVALID', `The ${field} ${why}.`, { field })
}

function objection(text: string, mostLength: number): string | undefined {
  if (text === '') return 'is empty'
  if (text.length > mostLength) {
    return `has ${text.length} characters; at most ${mostLength} are possible`
  }
  const position = text.search(/[\p{Cc}\p{Cs}\u2028\u2029]/u)
  return position === -1 ? undefined : `has a character at ${position + 1} that can't be printed`
}
