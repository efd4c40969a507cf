import { randomUUID } from 'node:crypto'
import { isFinal, type Payment, type PaymentState, type Refusal } from '../domain/payment.ts'
import type { Queries } from './database.ts'
import { type PaymentRow, paymentColumns, toPayment } from './payment-rows.ts'

/** Single payments, or those of registers: each kind has workers of its own. */
export type PaymentKind = 'single' | 'registry'

/** A payment that nobody else works on, as long as the claim lasts. */
export interface ClaimedPayment extends Payment {
  readonly claim: string
}

/** What a step has brought. */
export interface StepOutcome {
  readonly state: PaymentState
  readonly detail: string
  readonly refusal?: Refusal
  readonly transferId?: string
  readonly paidAt?: Date
  readonly receiptId?: string
}

/** The claim was over, and somebody else has taken the payment: what we know of it no longer counts. */
export class ClaimLost extends Error {
  constructor({ id, state }: Payment) {
    super(
      `The payment ${id} was taken over by another worker while it was ${state} here: PAYMENT_LEASE_MS is ` +
        'shorter than a step can take, or this process stood still. Nothing was paid twice.',
    )
    this.name = 'ClaimLost'
  }
}

/**
 * Shares payments out between workers, in this process and in others: a claim lasts until `claimed_until`, is
 * renewed by each step, and is lost with the process. Time is the database's, the same for all.
 */
export class PaymentClaims {
  readonly #queries: Queries
  readonly #leaseMs: number

  constructor(queries: Queries, leaseMs: number) {
    this.#queries = queries
    this.#leaseMs = leaseMs
  }

  /** The same, as part of a transaction. */
  within(queries: Queries): PaymentClaims {
    return new PaymentClaims(queries, this.#leaseMs)
  }

  /** Payments that are due, oldest first; those that others are claiming at this moment are left to them. */
  take(kind: PaymentKind, most: number): ClaimedPayment[] {
    const claim = randomUUID()
    const rows = this.#queries.query<PaymentRow>(
      `WITH due AS MATERIALIZED (
         SELECT id, claim AS lost_claim FROM payments
           WHERE claimed_until <= now() AND registry_id IS ${kind === 'single' ? 'NULL' : 'NOT NULL'}
           ORDER BY claimed_until, number LIMIT $3
           FOR UPDATE SKIP LOCKED
       ), resumed AS (
         INSERT INTO payment_events (payment_id, event, detail)
           SELECT id, 'resumed', 'whoever worked on it has vanished' FROM due WHERE lost_claim IS NOT NULL
       )
       UPDATE payments SET claim = $1, claimed_until = now() + $2 * interval '1 millisecond'
         FROM due WHERE payments.id = due.id
       RETURNING ${paymentColumns('payments')}`,
      [claim, this.#leaseMs, most],
    )
    return rows.map((row) => ({ ...toPayment(row), claim }))
  }

  /** Keeps others off the row until the transaction ends. Throws `ClaimLost`. */
  lock(payment: ClaimedPayment): void {
    const rows = this.#queries.query(
      'SELECT id FROM payments WHERE id = $1 AND claim = $2 AND state = $3 FOR UPDATE',
      [payment.id, payment.claim, payment.state],
    )
    if (rows.length === 0) throw new ClaimLost(payment)
  }

  /** Stores the outcome of a step, and goes on with the payment unless that was the last one. Throws `ClaimLost`. */
  advance(payment: ClaimedPayment, outcome: StepOutcome): ClaimedPayment {
    const { state, detail, refusal, transferId, paidAt, receiptId } = outcome
    const rows = this.#queries.query<PaymentRow>(
      `WITH advanced AS (
         UPDATE payments SET
           state = $4, refusal_code = $5, refusal_message = $6,
           transfer_id = coalesce($7, transfer_id), paid_at = coalesce($8, paid_at),
           receipt_id = coalesce($9, receipt_id), attempts = 0, last_problem = NULL,
           claim = CASE WHEN $10::boolean THEN NULL ELSE claim END,
           claimed_until = CASE WHEN $10::boolean THEN NULL ELSE now() + $11 * interval '1 millisecond' END
         WHERE id = $1 AND claim = $2 AND state = $3
         RETURNING *
       ), logged AS (
         INSERT INTO payment_events (payment_id, event, detail) SELECT id, state, $12 FROM advanced
       )
       SELECT ${paymentColumns('advanced')} FROM advanced`,
      [
        payment.id,
        payment.claim,
        payment.state,
        state,
        refusal?.code ?? null,
        refusal?.message ?? null,
        transferId ?? null,
        paidAt ?? null,
        receiptId ?? null,
        isFinal(outcome),
        this.#leaseMs,
        detail,
      ],
    )
    if (rows[0] === undefined) throw new ClaimLost(payment)
    return { ...toPayment(rows[0]), claim: payment.claim }
  }

  /** Gives the payment back, to be tried again after the delay. A claim that is lost already is left alone. */
  postpone({ id, claim }: ClaimedPayment, delayMs: number, problem: string): void {
    this.#queries.query(
      `WITH postponed AS (
         UPDATE payments SET claim = NULL, claimed_until = now() + $3 * interval '1 millisecond',
                attempts = attempts + 1, last_problem = $4
           WHERE id = $1 AND claim = $2
         RETURNING id, state, attempts
       )
       INSERT INTO payment_events (payment_id, event, detail)
         SELECT id, 'postponed', 'failure ' || attempts || ' after ' || state || ': ' || $4 FROM postponed`,
      [id, claim, Math.round(delayMs), problem],
    )
  }

  /** Gives the payment back as it is, for anybody to go on with at once. */
  release({ id, claim }: ClaimedPayment): void {
    this.#queries.query(
      'UPDATE payments SET claim = NULL, claimed_until = now() WHERE id = $1 AND claim = $2',
      [id, claim],
    )
  }
}
