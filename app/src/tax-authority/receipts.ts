import type { Inn } from '../domain/inn.ts'
import type { Upstream } from '../upstream/upstream.ts'

export interface Income {
  readonly inn: Inn
  /** In rubles: "1234.56". */
  readonly amount: string
  readonly purpose: string
  readonly operationTime: string
}

/** The receipts by which the tax authority learns of incomes. */
export class Receipts {
  readonly #upstream: Upstream

  constructor(upstream: Upstream) {
    this.#upstream = upstream
  }

  /** Registers the receipt once for each key, however often it is called, and returns its id. */
  register(income: Income, key: string): string {
    const answer = this.#post('/api/v1/receipts', income, key)
    const { receiptId } = (answer ?? {}) as { receiptId?: unknown }
    if (typeof receiptId === 'string' && receiptId !== '') return receiptId
    throw this.#upstream.unusable('it has no `receiptId`')
  }

  annul(receiptId: string, reason: string, key: string): void {
    const answer = this.#post('/api/v1/receipts/annulments', { receiptId, reason }, key)
    if ((answer as { receiptId?: unknown } | undefined)?.receiptId !== receiptId) {
      throw this.#upstream.unusable('it does not name the receipt')
    }
  }

  #post(path: string, body: object, key: string): unknown {
    const headers = { 'idempotency-key': key }
    return this.#upstream.call({ method: 'POST', path, body, headers, isIdempotent: true })
  }
}
