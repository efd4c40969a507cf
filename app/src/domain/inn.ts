import { Problem } from './errors.ts'

/** A person's taxpayer number that has passed its checksum: 12 digits. */
export type Inn = string & { readonly brand: 'Inn' }

export const innLength = 12

// The last two digits are check digits: each is the weighted sum of all digits before it, modulo 11, modulo 10.
const eleventhDigitWeights: readonly number[] = [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]
const twelfthDigitWeights: readonly number[] = [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]

/**
 * The INN that `text` spells.
 *
 * Throws a `Problem` of kind `invalid` with the code `INN_LENGTH`, `INN_DIGITS` or `INN_CHECKSUM`.
 */
export function parseInn(text: string): Inn {
  checkDigits(text)
  checkLength(text)
  checkChecksum(text)
  return text as Inn
}

/** The two check digits that belong after the first ten digits of an INN. */
export function innCheckDigits(firstTen: string): string {
  const eleventh = checkDigit(firstTen, eleventhDigitWeights)
  const twelfth = checkDigit(firstTen + eleventh, twelfthDigitWeights)
  return `${eleventh}${twelfth}`
}

function checkDigits(text: string): void {
  const position = text.search(/[^0-9]/)
  if (position === -1) return
  throw new Problem(
    'invalid',
    'INN_DIGITS',
    `An INN consists of digits only; character ${position + 1} of the given one is not a digit.`,
    { position: position + 1 },
  )
}

function checkLength(text: string): void {
  if (text.length === innLength) return
  const company = text.length === 10 ? ' Ten digits make the INN of a company.' : ''
  throw new Problem(
    'invalid',
    'INN_LENGTH',
    `A contractor's INN has ${innLength} digits, the given one has ${text.length}.${company}`,
    { expected: innLength, actual: text.length },
  )
}

function checkChecksum(text: string): void {
  const expected = innCheckDigits(text.slice(0, 10))
  const actual = text.slice(10)
  if (actual === expected) return
  // The expected digits stay out of the message: they would turn a mistyped INN into somebody else's valid one.
  throw new Problem(
    'invalid',
    'INN_CHECKSUM',
    `The check digits ${actual} do not belong to the digits before them: probably a digit is mistyped.`,
    { checkDigits: actual },
  )
}

function checkDigit(digits: string, weights: readonly number[]): number {
  let sum = 0
  for (const [index, weight] of weights.entries()) sum += weight * Number(digits[index])
  return (sum % 11) % 10
}
