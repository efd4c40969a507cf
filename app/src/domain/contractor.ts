import type { Account } from './account.ts'
import { Problem } from './errors.ts'
import type { Inn } from './inn.ts'
import type { Phone } from './phone.ts'

export interface Contractor {
  readonly inn: Inn
  readonly name: string
}

/** A contractor who can be paid: with an account, and a phone for the message about it. */
export interface RegisteredContractor extends Contractor {
  readonly phone: Phone
  readonly account: Account
}

export function unknownContractor(inn: Inn): Problem {
  return new Problem('not-found', 'CONTRACTOR_UNKNOWN', `No contractor has the INN ${inn}.`, {
    inn,
  })
}

/** Somebody of whom only the name is known, from before accounts were kept. */
export function contractorWithoutAccount(inn: Inn): Problem {
  return new Problem(
    'conflict',
    'CONTRACTOR_WITHOUT_ACCOUNT',
    `The contractor with the INN ${inn} has no account to pay to. Register the contractor with POST /contractors.`,
    { inn },
  )
}

export function innTaken(inn: Inn): Problem {
  return new Problem(
    'conflict',
    'CONTRACTOR_EXISTS',
    `Another contractor is registered with the INN ${inn}: the name, phone or account differs.`,
    { inn },
  )
}
