import type { Account } from '../domain/account.ts'
import { contractorWithoutAccount, unknownContractor } from '../domain/contractor.ts'
import { Problem } from '../domain/errors.ts'
import { type Inn, parseInn } from '../domain/inn.ts'
import { parseLineOfText } from '../domain/line-of-text.ts'
import { type Kopecks, parseAmount } from '../domain/money.ts'
import { type GivenRow, type RowError, rowFields } from '../domain/registry.ts'
import { mostPurposeLength } from '../payments/payments.ts'
import type { ContractorRepository } from '../storage/contractor-repository.ts'

/** A line that makes sense by itself. */
export interface RegistryRow {
  readonly line: number
  readonly inn: Inn
  readonly amount: Kopecks
  readonly purpose: string
}

/** A line that can be paid. */
export interface PayableRow extends RegistryRow {
  readonly account: Account
}

/** Throws a `Problem` of kind `invalid`. */
export function parseRow({ line, fields }: GivenRow): RegistryRow {
  for (const name of Object.keys(fields)) {
    if (!rowFields.includes(name as (typeof rowFields)[number])) {
      throw rowForm(`there is a field ${JSON.stringify(name)} too many`)
    }
  }
  return {
    line,
    inn: parseInn(textIn(fields, 'inn')),
    amount: parseAmount(textIn(fields, 'amount')),
    purpose: parseLineOfText('purpose', textIn(fields, 'purpose'), mostPurposeLength),
  }
}

/** Adds the accounts, as they are now. What can't be paid goes to the errors. */
export function payableRows(
  rows: readonly RegistryRow[],
  contractors: ContractorRepository,
  errors: RowError[],
): PayableRow[] {
  const accounts = contractors.accountsOf(new Set(rows.map(({ inn }) => inn)))
  const payable: PayableRow[] = []
  for (const row of rows) {
    const account = accounts.get(row.inn)
    if (account === undefined) errors.push(rowError(row.line, unknownContractor(row.inn)))
    else if (account === null) errors.push(rowError(row.line, contractorWithoutAccount(row.inn)))
    else payable.push({ ...row, account })
  }
  return payable
}

export function rowError(line: number, { code, message }: Problem): RowError {
  return { line, code, message }
}

function textIn(fields: GivenRow['fields'], name: string): string {
  const value = fields[name]
  if (typeof value === 'string') return value
  throw rowForm(value === undefined ? `${name} is missing` : `${name} is no text`)
}

function rowForm(why: string): Problem {
  return new Problem('invalid', 'ROW_FORM', `A line has ${rowFields.join(', ')}; ${why}.`)
}
