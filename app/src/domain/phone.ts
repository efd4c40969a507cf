import { Problem } from './errors.ts'

/** A telephone number in the international form: `+79161234567`. */
export type Phone = string & { readonly brand: 'Phone' }

/** Throws a `Problem` of kind `invalid` with the code `PHONE_FORM`. The number itself stays out of it. */
export function parsePhone(text: string): Phone {
  if (/^\+[1-9][0-9]{9,14}$/.test(text)) return text as Phone
  throw new Problem(
    'invalid',
    'PHONE_FORM',
    'A phone number is + and 10 to 15 digits without spaces, such as +79161234567.',
  )
}
