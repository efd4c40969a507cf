import type { Static } from '@sinclair/typebox'
import { formatAmount } from '../domain/money.ts'
import type { Payment } from '../domain/payment.ts'
import type { paymentBody } from './payment-schemas.ts'

/** A payment as clients see it: without the account, which they know, and which is nobody else's business. */
export function presentPayment(payment: Payment): Static<typeof paymentBody> {
  const { id, client, registryId, registryLine, inn, purpose, state, refusal } = payment
  const { transferId, receiptId, annulmentReason, attempts, lastProblem } = payment
  return {
    id,
    client,
    registryId,
    registryLine,
    inn,
    amount: formatAmount(payment.amount),
    purpose,
    state,
    refusal,
    transferId,
    paidAt: payment.paidAt?.toISOString() ?? null,
    receiptId,
    annulmentReason,
    attempts,
    lastProblem,
    createdAt: payment.createdAt.toISOString(),
    updatedAt: payment.updatedAt.toISOString(),
  }
}
