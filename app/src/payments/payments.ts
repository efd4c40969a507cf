import { randomUUID } from 'node:crypto'
import { Problem } from '../domain/errors.ts'
import { fingerprintOf } from '../domain/idempotency.ts'
import { parseInn } from '../domain/inn.ts'
import { parseLineOfText } from '../domain/line-of-text.ts'
import { formatAmount, parseAmount } from '../domain/money.ts'
import {
  type AnnulmentReason,
  incomeYearOf,
  isFinal,
  notAnnullable,
  type Payment,
} from '../domain/payment.ts'
import type { Clock } from '../status/status-cache.ts'
import type { ContractorRepository } from '../storage/contractor-repository.ts'
import type {
  PaymentEvent,
  PaymentFilter,
  PaymentRepository,
} from '../storage/payment-repository.ts'
import type { Completions, Expectation } from './completions.ts'
import type { PaymentWorker } from './payment-worker.ts'

export interface GivenPayment {
  readonly inn: string
  readonly amount: string
  readonly purpose: string
}

export interface CreatedPayment {
  readonly payment: Payment
  /** False for the repetition of an earlier request. */
  readonly isNew: boolean
}

export interface PaymentsParts {
  readonly repository: PaymentRepository
  readonly contractors: ContractorRepository
  readonly worker: PaymentWorker
  readonly registryWorker: PaymentWorker
  readonly completions: Completions
  readonly answerMs: number
  readonly now: Clock
}

/** As long as the purpose in a bank's order. */
export const mostPurposeLength = 210
/** How often to look whether another process has finished what a request waits for. */
const lookMs = 1000

/** What client services and people can do with payments. */
export class Payments {
  readonly #parts: PaymentsParts

  constructor(parts: PaymentsParts) {
    this.#parts = parts
  }

  /**
   * Accepts a payment and waits until it is carried out, but no longer than a client should wait: then the
   * payment goes on by itself. The same request again gives the same payment, as it is now.
   */
  create(client: string, key: string, given: GivenPayment): CreatedPayment {
    const { repository, contractors, worker, completions, now } = this.#parts
    const inn = parseInn(given.inn)
    const amount = parseAmount(given.amount)
    const purpose = parseLineOfText('purpose', given.purpose, mostPurposeLength)
    const { account } = contractors.getRegistered(inn)
    const fingerprint = fingerprintOf(inn, formatAmount(amount), purpose)
    const at = now()
    const id = randomUUID()
    const incomeYear = incomeYearOf(at)
    const payment = { id, inn, account, amount, purpose, incomeYear, createdAt: at }
    using expectation = completions.expect(id)
    const created = repository.create({ client, key, fingerprint }, payment)
    if (!created.isNew) return created
    worker.wake()
    this.#awaitEnd(id, expectation)
    return { payment: repository.get(id), isNew: true }
  }

  get(id: string): Payment {
    return this.#parts.repository.get(id)
  }

  events(id: string): PaymentEvent[] {
    return this.#parts.repository.events(this.get(id).id)
  }

  list(filter: PaymentFilter, limit: number): Payment[] {
    return this.#parts.repository.list(filter, limit)
  }

  /** Has the receipt of a completed payment annulled, and waits for it as `create` does. Again changes nothing. */
  annul(id: string, reason: AnnulmentReason, by: string): Payment {
    const { repository, completions } = this.#parts
    using expectation = completions.expect(id)
    const isBegun = repository.beginAnnulment(id, reason, by)
    const payment = repository.get(id)
    if (payment.state === 'annulled') return payment
    if (!isBegun && payment.state !== 'annulling') throw notAnnullable(payment)
    this.#workerOf(payment).wake()
    this.#awaitEnd(id, expectation)
    return repository.get(id)
  }

  /** Lets a payment be tried now that would have waited for its next try. */
  retry(id: string, by: string): Payment {
    const { repository } = this.#parts
    const isHastened = repository.hasten(id, by)
    const payment = repository.get(id)
    if (!isHastened) throw notWaiting(payment)
    this.#workerOf(payment).wake()
    return payment
  }

  #awaitEnd(id: string, expectation: Expectation): void {
    const until = performance.now() + this.#parts.answerMs
    for (;;) {
      const remainingMs = until - performance.now()
      if (remainingMs <= 0 || expectation.wait(Math.min(remainingMs, lookMs))) return
      if (isFinal(this.get(id))) return
    }
  }

  #workerOf({ registryId }: Payment): PaymentWorker {
    return registryId === null ? this.#parts.worker : this.#parts.registryWorker
  }
}

function notWaiting(payment: Payment): Problem {
  const { id, state } = payment
  const why = isFinal(payment) ? `it is ${state}` : 'it is being worked on now'
  return new Problem(
    'conflict',
    'PAYMENT_NOT_WAITING',
    `The payment ${id} needs no retry: ${why}.`,
    {
      id,
      state,
    },
  )
}
