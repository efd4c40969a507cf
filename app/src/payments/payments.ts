import { randomUUID } from 'node:crypto'
import { Problem } from '../domain/errors.ts'
import { fingerprintOf } from '../domain/idempotency.ts'
import { parseInn } from '../domain/inn.ts'
import { parseLineOfText } from '../domain/line-of-text.ts'
import { formatAmount, parseAmount } from '../domain/money.ts'
import { allClients, type Owner, owns } from '../domain/owner.ts'
import {
  type AnnulmentReason,
  incomeYearOf,
  isFinal,
  notAnnullable,
  type Payment,
  unknownPayment,
} from '../domain/payment.ts'
import type { Clock } from '../status/status-cache.ts'
import type { ContractorRepository } from '../storage/contractor-repository.ts'
import type { Database, Queries } from '../storage/database.ts'
import {
  type PaymentEvent,
  type PaymentFilter,
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

/** Who changes a payment, and what is written down in the same transaction. */
export interface PaymentChange {
  readonly owner: Owner
  /** For the steps of the payment. */
  readonly by: string
  readonly alongside?: (queries: Queries, payment: Payment) => void
}

export interface PaymentsParts {
  readonly database: Database
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

  /** Throws a `Problem` of kind `not-found`, for a payment of somebody else as well. */
  get(id: string, owner: Owner): Payment {
    const payment = this.#parts.repository.get(id)
    if (!owns(owner, payment)) throw unknownPayment(id)
    return payment
  }

  events(id: string, owner: Owner): PaymentEvent[] {
    return this.#parts.repository.events(this.get(id, owner).id)
  }

  list(owner: Owner, filter: Omit<PaymentFilter, 'client'>, limit: number): Payment[] {
    const client = owner === allClients ? undefined : owner
    return this.#parts.repository.list({ ...filter, client }, limit)
  }

  /**
   * Has the receipt of a completed payment annulled, and waits for it as `create` does. Again changes nothing.
   * `alongside` runs in the transaction of the change.
   */
  annul(id: string, reason: AnnulmentReason, { owner, by, alongside }: PaymentChange): Payment {
    using expectation = this.#parts.completions.expect(id)
    const payment = this.#parts.database.transaction((queries) => {
      const repository = new PaymentRepository(queries)
      const before = repository.get(id)
      if (!owns(owner, before)) throw unknownPayment(id)
      if (repository.beginAnnulment(id, reason, by)) alongside?.(queries, before)
      return repository.get(id)
    })
    if (payment.state === 'annulled') return payment
    if (payment.state !== 'annulling') throw notAnnullable(payment)
    this.#workerOf(payment).wake()
    this.#awaitEnd(id, expectation)
    return this.#parts.repository.get(id)
  }

  /** Lets a payment be tried now that would have waited for its next try. */
  retry(id: string, { owner, by, alongside }: PaymentChange): Payment {
    const payment = this.#parts.database.transaction((queries) => {
      const repository = new PaymentRepository(queries)
      const before = repository.get(id)
      if (!owns(owner, before)) throw unknownPayment(id)
      if (!repository.hasten(id, by)) throw notWaiting(before)
      alongside?.(queries, before)
      return before
    })
    this.#workerOf(payment).wake()
    return payment
  }

  #awaitEnd(id: string, expectation: Expectation): void {
    const until = performance.now() + this.#parts.answerMs
    for (;;) {
      const remainingMs = until - performance.now()
      if (remainingMs <= 0 || expectation.wait(Math.min(remainingMs, lookMs))) return
      if (isFinal(this.#parts.repository.get(id))) return
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
