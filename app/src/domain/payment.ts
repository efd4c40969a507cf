import type { Account } from './account.ts'
import { Problem } from './errors.ts'
import type { Inn } from './inn.ts'
import type { Kopecks } from './money.ts'

/**
 * ```
 * created -> checked -> paid -> receipted -> completed -> annulling -> annulled
 *    |          |
 *    +----------+--> refused
 * ```
 * The database allows no other way (`storage/migrations/011-payments.ts`).
 */
export const paymentStates = [
  'created', // accepted; nobody has been asked yet
  'checked', // the contractor is self-employed, and the amount is reserved within the yearly limit
  'paid', // by the bank
  'receipted', // the tax authority has the receipt
  'completed', // the contractor has been told
  'refused', // nothing was paid, and nothing will be
  'annulling', // somebody wants the receipt annulled
  'annulled', // the tax authority has annulled it
] as const

export type PaymentState = (typeof paymentStates)[number]

export const annulmentReasons = ['refund', 'mistake'] as const

export type AnnulmentReason = (typeof annulmentReasons)[number]

/** Why a payment was refused. */
export interface Refusal {
  readonly code: 'NOT_SELF_EMPLOYED' | 'YEARLY_LIMIT' | 'BANK_REFUSED'
  readonly message: string
}

export interface Payment {
  readonly id: string
  /** In the order in which payments came; for pages of a list. */
  readonly number: number
  /** The client service that wanted it. */
  readonly client: string
  readonly registryId: string | null
  readonly registryLine: number | null
  readonly inn: Inn
  readonly account: Account
  readonly amount: Kopecks
  readonly purpose: string
  /** The calendar year, in Moscow, whose income it is. */
  readonly incomeYear: number
  readonly state: PaymentState
  readonly refusal: Refusal | null
  readonly transferId: string | null
  readonly paidAt: Date | null
  readonly receiptId: string | null
  readonly annulmentReason: AnnulmentReason | null
  /** How often the present step has failed, and with what the last time. */
  readonly attempts: number
  readonly lastProblem: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

const finalStates: readonly PaymentState[] = ['completed', 'refused', 'annulled']

/** Nobody works on it any more, unless somebody asks for an annulment. */
export function isFinal({ state }: Pick<Payment, 'state'>): boolean {
  return finalStates.includes(state)
}

/** The taxpayer's year is Moscow's, which has had no summer time since 2014. */
export function incomeYearOf(at: Date): number {
  const moscowOffsetMs = 3 * 3_600_000
  return new Date(at.getTime() + moscowOffsetMs).getUTCFullYear()
}

export function unknownPayment(id: string): Problem {
  return new Problem('not-found', 'PAYMENT_UNKNOWN', `There is no payment ${id}.`, { id })
}

export function notAnnullable({ id, state }: Payment): Problem {
  const why = state === 'refused' ? 'nothing was paid' : 'it is not completed yet'
  return new Problem(
    'conflict',
    'PAYMENT_NOT_ANNULLABLE',
    `The payment ${id} can't be annulled, because it is ${state}: ${why}.`,
    { id, state },
  )
}
