import { Problem } from './errors.ts'

/** Whole kopecks: money is counted, never measured. */
export type Kopecks = bigint

/** What a self-employed person may earn in a calendar year and still be taxed as one: 2.4 million rubles. */
export const yearlyIncomeLimit: Kopecks = 240_000_000n

/**
 * The amount that `text` spells in rubles: `1234.56`, or `1234`.
 *
 * Throws a `Problem` of kind `invalid` with the code `AMOUNT_FORM` or `AMOUNT_RANGE`.
 */
export function parseAmount(text: string): Kopecks {
  const match = /^(0|[1-9][0-9]{0,11})(?:\.([0-9]{2}))?$/.exec(text)
  if (match === null) {
    throw new Problem(
      'invalid',
      'AMOUNT_FORM',
      'An amount is a text of rubles such as "1234.56": digits, and two of them after a point.',
    )
  }
  const [, rubles = '', kopecks = '00'] = match
  const amount = BigInt(rubles + kopecks)
  if (amount > 0n && amount <= yearlyIncomeLimit) return amount
  throw new Problem(
    'invalid',
    'AMOUNT_RANGE',
    `An amount is from 0.01 to ${formatAmount(yearlyIncomeLimit)} rubles, and this is ${formatAmount(amount)}.`,
    { amount: formatAmount(amount) },
  )
}

/** `1234.56` */
export function formatAmount(amount: Kopecks): string {
  const digits = String(amount).padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`
}
