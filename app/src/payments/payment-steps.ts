import type { Bank } from '../bank/bank.ts'
import { formatAmount, yearlyIncomeLimit } from '../domain/money.ts'
import type { PaymentState, Refusal } from '../domain/payment.ts'
import type { Notifications } from '../notifications/notifications.ts'
import type { ContractorStatus } from '../status/contractor-status.ts'
import type { Clock } from '../status/status-cache.ts'
import type { ContractorRepository } from '../storage/contractor-repository.ts'
import type { Database } from '../storage/database.ts'
import { IncomeRepository } from '../storage/income-repository.ts'
import type { ClaimedPayment, PaymentClaims } from '../storage/payment-claims.ts'
import type { Receipts } from '../tax-authority/receipts.ts'

export interface StepParts {
  readonly database: Database
  readonly claims: PaymentClaims
  readonly contractors: ContractorRepository
  readonly status: ContractorStatus
  readonly bank: Bank
  readonly receipts: Receipts
  readonly notifications: Notifications
  readonly now: Clock
}

type Step = (payment: ClaimedPayment) => ClaimedPayment

/**
 * Carries payments out, step by step. Each step asks one neighbour and stores what came of it before the next
 * begins. The process may die at any moment: what was stored is not done again, and what was done but not stored
 * is asked for again with the same idempotency key, by which the neighbour knows that it has done it.
 */
export class PaymentSteps {
  readonly #parts: StepParts
  readonly #steps: Readonly<Partial<Record<PaymentState, Step>>> = {
    created: (payment) => this.#checkStatus(payment),
    checked: (payment) => this.#pay(payment),
    paid: (payment) => this.#registerReceipt(payment),
    receipted: (payment) => this.#notify(payment),
    annulling: (payment) => this.#annulReceipt(payment),
  }

  constructor(parts: StepParts) {
    this.#parts = parts
  }

  /** Takes the payment from where it is to its end. Throws when a step fails; those before it are stored. */
  run(payment: ClaimedPayment): ClaimedPayment {
    let current = payment
    for (;;) {
      const step = this.#steps[current.state]
      if (step === undefined) return current
      current = step(current)
    }
  }

  #checkStatus(payment: ClaimedPayment): ClaimedPayment {
    const { status } = this.#parts.status.of(payment.inn)
    if (status.standing !== 'self-employed') return this.#refuse(payment, notSelfEmployed)
    return this.#parts.database.transaction((queries) => {
      const claims = this.#parts.claims.within(queries)
      claims.lock(payment)
      if (!new IncomeRepository(queries).reserve(payment)) {
        return claims.advance(payment, refusalOutcome(overLimit))
      }
      const detail = `self-employed at ${status.checkedAt.toISOString()}; the income is reserved`
      return claims.advance(payment, { state: 'checked', detail })
    })
  }

  #pay(payment: ClaimedPayment): ClaimedPayment {
    const { bank, claims, now } = this.#parts
    const { account, purpose } = payment
    const order = { account, amount: formatAmount(payment.amount), purpose }
    const result = bank.transfer(order, `${payment.id}:transfer`)
    if (result.isRefused) {
      return this.#refuseAndRelease(payment, { code: 'BANK_REFUSED', message: result.reason })
    }
    const { transferId } = result
    const detail = `transfer ${transferId}`
    return claims.advance(payment, { state: 'paid', detail, transferId, paidAt: now() })
  }

  #registerReceipt(payment: ClaimedPayment): ClaimedPayment {
    const { receipts, claims } = this.#parts
    const income = {
      inn: payment.inn,
      amount: formatAmount(payment.amount),
      purpose: payment.purpose,
      operationTime: required(payment.paidAt).toISOString(),
    }
    const receiptId = receipts.register(income, `${payment.id}:receipt`)
    return claims.advance(payment, {
      state: 'receipted',
      detail: `receipt ${receiptId}`,
      receiptId,
    })
  }

  #notify(payment: ClaimedPayment): ClaimedPayment {
    const { contractors, notifications, claims } = this.#parts
    const { phone } = contractors.getRegistered(payment.inn)
    const text = `You have been paid ${formatAmount(payment.amount)} rubles: ${payment.purpose}`
    notifications.send(phone, text, `${payment.id}:notification`)
    return claims.advance(payment, { state: 'completed', detail: 'the contractor was told' })
  }

  #annulReceipt(payment: ClaimedPayment): ClaimedPayment {
    const { database, receipts, claims } = this.#parts
    const reason = required(payment.annulmentReason)
    receipts.annul(required(payment.receiptId), reason, `${payment.id}:annulment`)
    return database.transaction((queries) => {
      const detail = `receipt ${payment.receiptId}: ${reason}`
      const annulled = claims.within(queries).advance(payment, { state: 'annulled', detail })
      new IncomeRepository(queries).release(payment)
      return annulled
    })
  }

  #refuse(payment: ClaimedPayment, refusal: Refusal): ClaimedPayment {
    return this.#parts.claims.advance(payment, refusalOutcome(refusal))
  }

  /** For a payment whose amount is reserved. */
  #refuseAndRelease(payment: ClaimedPayment, refusal: Refusal): ClaimedPayment {
    return this.#parts.database.transaction((queries) => {
      const refused = this.#parts.claims.within(queries).advance(payment, refusalOutcome(refusal))
      new IncomeRepository(queries).release(payment)
      return refused
    })
  }
}

const notSelfEmployed: Refusal = {
  code: 'NOT_SELF_EMPLOYED',
  message: 'The tax authority does not tax the contractor as a self-employed person.',
}

const overLimit: Refusal = {
  code: 'YEARLY_LIMIT',
  message: `With this payment the contractor would earn more than ${formatAmount(yearlyIncomeLimit)} rubles in the year.`,
}

function refusalOutcome(refusal: Refusal) {
  return { state: 'refused', detail: `${refusal.code}: ${refusal.message}`, refusal } as const
}

/** The database holds no payment of such a state without it. */
function required<T>(value: T | null): T {
  if (value === null)
    throw new Error('A payment lacks what its state says it has: the schema is broken.')
  return value
}
