import type { Account } from '../domain/account.ts'
import { keyReused, type RequestIdentity } from '../domain/idempotency.ts'
import type { Inn } from '../domain/inn.ts'
import type { Kopecks } from '../domain/money.ts'
import {
  type AnnulmentReason,
  type Payment,
  type PaymentState,
  unknownPayment,
} from '../domain/payment.ts'
import type { Queries } from './database.ts'
import { type PaymentRow, paymentColumns, toPayment } from './payment-rows.ts'

export interface NewPayment {
  readonly id: string
  readonly inn: Inn
  readonly account: Account
  readonly amount: Kopecks
  readonly purpose: string
  readonly incomeYear: number
  readonly createdAt: Date
}

export interface PaymentFilter {
  readonly state?: PaymentState | undefined
  readonly inn?: Inn | undefined
  readonly client?: string | undefined
  readonly registryId?: string | undefined
  /** From this time on, and before that one. */
  readonly from?: Date | undefined
  readonly until?: Date | undefined
  /** Only those with a smaller number: the pages after the first. */
  readonly before?: number | undefined
}

export interface PaymentEvent {
  readonly at: Date
  readonly event: string
  readonly detail: string
}

const columns = paymentColumns('payments')

export class PaymentRepository {
  readonly #queries: Queries

  constructor(queries: Queries) {
    this.#queries = queries
  }

  /**
   * Stores a payment that is to be carried out, or finds what was stored for the same request before.
   * Throws a `Problem` of kind `conflict` when the key belongs to another request.
   */
  create(identity: RequestIdentity, payment: NewPayment): { payment: Payment; isNew: boolean } {
    const { client, key, fingerprint } = identity
    const { id, inn, account, amount, purpose, incomeYear, createdAt } = payment
    const rows = this.#queries.query<PaymentRow>(
      `WITH created AS (
         INSERT INTO payments (id, client, idempotency_key, fingerprint, inn, account, amount, purpose,
                               income_year, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (client, idempotency_key) DO NOTHING
         RETURNING *
       ), logged AS (
         INSERT INTO payment_events (payment_id, event, detail)
           SELECT id, 'created', 'by ' || client FROM created
       )
       SELECT ${paymentColumns('created')} FROM created`,
      [id, client, key, fingerprint, inn, account, String(amount), purpose, incomeYear, createdAt],
    )
    if (rows[0] !== undefined) return { payment: toPayment(rows[0]), isNew: true }
    return { payment: this.#sameRequest(identity), isNew: false }
  }

  /** Throws a `Problem` of kind `not-found`. */
  get(id: string): Payment {
    const rows = this.#queries.query<PaymentRow>(`SELECT ${columns} FROM payments WHERE id = $1`, [
      id,
    ])
    if (rows[0] === undefined) throw unknownPayment(id)
    return toPayment(rows[0])
  }

  /** Newest first. */
  list(filter: PaymentFilter, limit: number): Payment[] {
    const { state, inn, client, registryId, from, until, before } = filter
    const conditions: string[] = []
    const parameters: (string | number | Date)[] = [limit]
    for (const [condition, value] of [
      ['state =', state],
      ['inn =', inn],
      ['client =', client],
      ['registry_id =', registryId],
      ['created_at >=', from],
      ['created_at <', until],
      ['number <', before],
    ] as const) {
      if (value === undefined) continue
      parameters.push(value)
      conditions.push(`${condition} $${parameters.length}`)
    }
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    return this.#queries
      .query<PaymentRow>(
        `SELECT ${columns} FROM payments ${where} ORDER BY number DESC LIMIT $1`,
        parameters,
      )
      .map(toPayment)
  }

  /** What has happened to a payment, oldest first. */
  events(id: string): PaymentEvent[] {
    return this.#queries.query<PaymentEvent & Record<string, unknown>>(
      'SELECT at, event, detail FROM payment_events WHERE payment_id = $1 ORDER BY id',
      [id],
    )
  }

  /** Makes a completed payment one that is to be annulled. Returns whether it was completed. */
  beginAnnulment(id: string, reason: AnnulmentReason, by: string): boolean {
    const rows = this.#queries.query(
      `WITH begun AS (
         UPDATE payments SET state = 'annulling', annulment_reason = $2, claimed_until = now()
           WHERE id = $1 AND state = 'completed'
         RETURNING id
       ), logged AS (
         INSERT INTO payment_events (payment_id, event, detail)
           SELECT id, 'annulling', $2 || ', by ' || $3 FROM begun
       )
       SELECT id FROM begun`,
      [id, reason, by],
    )
    return rows.length === 1
  }

  /** Lets a payment that waits for its next try be tried at once. Returns whether it was waiting. */
  hasten(id: string, by: string): boolean {
    const rows = this.#queries.query(
      `WITH hastened AS (
         UPDATE payments SET claimed_until = now()
           WHERE id = $1 AND claim IS NULL AND claimed_until > now()
         RETURNING id
       ), logged AS (
         INSERT INTO payment_events (payment_id, event, detail)
           SELECT id, 'hastened', 'by ' || $2 FROM hastened
       )
       SELECT id FROM hastened`,
      [id, by],
    )
    return rows.length === 1
  }

  #sameRequest({ client, key, fingerprint }: RequestIdentity): Payment {
    const rows = this.#queries.query<PaymentRow & { fingerprint: string }>(
      `SELECT ${columns}, fingerprint FROM payments WHERE client = $1 AND idempotency_key = $2`,
      [client, key],
    )
    if (rows[0]?.fingerprint !== fingerprint) throw keyReused(key)
    return toPayment(rows[0])
  }
}
