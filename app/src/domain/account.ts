import { Problem } from './errors.ts'

/** The number of a bank account: 20 digits. */
export type Account = string & { readonly brand: 'Account' }

const accountLength = 20

/** Throws a `Problem` of kind `invalid` with the code `ACCOUNT_FORM`. The number itself stays out of it. */
export function parseAccount(text: string): Account {
  if (/^[0-9]{20}$/.test(text)) return text as Account
  const why = /^[0-9]*$/.test(text)
    ? `the given one has ${text.length}`
    : 'the given one has other characters'
  throw new Problem(
    'invalid',
    'ACCOUNT_FORM',
    `An account number consists of ${accountLength} digits; ${why}.`,
    { expected: accountLength, actual: text.length },
  )
}
