import type { Account } from '../domain/account.ts'
import type { Inn } from '../domain/inn.ts'
import type { AnnulmentReason, Payment, PaymentState, Refusal } from '../domain/payment.ts'

/** Drivers give a bigint as text, as a number or as a bigint. */
type DatabaseBigint = string | number | bigint

export interface PaymentRow {
  id: string
  number: DatabaseBigint
  client: string
  registry_id: string | null
  registry_line: number | null
  inn: string
  account: string
  amount: DatabaseBigint
  purpose: string
  income_year: number
  state: PaymentState
  refusal_code: Refusal['code'] | null
  refusal_message: string | null
  transfer_id: string | null
  paid_at: Date | null
  receipt_id: string | null
  annulment_reason: AnnulmentReason | null
  attempts: number
  last_problem: string | null
  created_at: Date
  updated_at: Date
}

/** What `toPayment` needs, of the table or the named result. */
export function paymentColumns(from: string): string {
  return [
    'id',
    'number',
    'client',
    'registry_id',
    'registry_line',
    'inn',
    'account',
    'amount',
    'purpose',
    'income_year',
    'state',
    'refusal_code',
    'refusal_message',
    'transfer_id',
    'paid_at',
    'receipt_id',
    'annulment_reason',
    'attempts',
    'last_problem',
    'created_at',
    'updated_at',
  ]
    .map((column) => `${from}.${column}`)
    .join(', ')
}

export function toPayment(row: PaymentRow): Payment {
  return {
    id: row.id,
    number: Number(row.number),
    client: row.client,
    registryId: row.registry_id,
    registryLine: row.registry_line,
    inn: row.inn as Inn,
    account: row.account as Account,
    amount: BigInt(row.amount),
    purpose: row.purpose,
    incomeYear: row.income_year,
    state: row.state,
    refusal: refusalOf(row),
    transferId: row.transfer_id,
    paidAt: row.paid_at,
    receiptId: row.receipt_id,
    annulmentReason: row.annulment_reason,
    attempts: row.attempts,
    lastProblem: row.last_problem,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function refusalOf({ refusal_code, refusal_message }: PaymentRow): Refusal | null {
  if (refusal_code === null || refusal_message === null) return null
  return { code: refusal_code, message: refusal_message }
}
