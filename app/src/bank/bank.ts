import type { Upstream } from '../upstream/upstream.ts'
import { UpstreamRefused } from '../upstream/upstream-errors.ts'

export interface TransferOrder {
  readonly account: string
  /** In rubles: "1234.56". */
  readonly amount: string
  readonly purpose: string
}

export type TransferResult =
  | { readonly isRefused: false; readonly transferId: string }
  | { readonly isRefused: true; readonly reason: string }

const unprocessable = 422
const mostReasonLength = 200

/** The bank through which contractors are paid. */
export class Bank {
  readonly #upstream: Upstream

  constructor(upstream: Upstream) {
    this.#upstream = upstream
  }

  /**
   * Transfers the money once for each key, however often it is called.
   *
   * Throws `UpstreamUnavailable` when it is not known whether the money was transferred: call again.
   */
  transfer(order: TransferOrder, key: string): TransferResult {
    try {
      const answer = this.#upstream.call({
        method: 'POST',
        path: '/transfers',
        body: order,
        headers: { 'idempotency-key': key },
        isIdempotent: true,
      })
      return { isRefused: false, transferId: this.#transferIdIn(answer) }
    } catch (error) {
      // Only this is a verdict on the transfer. Other refusals say that something is wrong between us and the
      // bank, a password for example: the payment has to wait until somebody has mended that.
      if (!(error instanceof UpstreamRefused) || error.status !== unprocessable) throw error
      return { isRefused: true, reason: reasonIn(error.answer) }
    }
  }

  #transferIdIn(answer: unknown): string {
    const { transferId } = (answer ?? {}) as { transferId?: unknown }
    if (typeof transferId === 'string' && transferId !== '') return transferId
    throw this.#upstream.unusable('it has no `transferId`')
  }
}

function reasonIn(answer: unknown): string {
  const { message } = (answer ?? {}) as { message?: unknown }
  if (typeof message !== 'string') return 'It gave no reason.'
  // It is stored and shown: no more than a line that people can read.
  return message.slice(0, mostReasonLength).replace(/[\p{Cc}\p{Cs}]/gu, ' ')
}
