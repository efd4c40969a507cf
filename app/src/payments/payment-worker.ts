import { Cancelled, Event, type GreenThread, Pool, shield, spawnWith, TimedOut } from 'greenthreads'
import { Problem } from '../domain/errors.ts'
import { inSpan } from '../observability/spans.ts'
import {
  type ClaimedPayment,
  ClaimLost,
  type PaymentClaims,
  type PaymentKind,
} from '../storage/payment-claims.ts'
import { type BackoffOptions, backoffMs } from './backoff.ts'
import type { Completions } from './completions.ts'
import type { PaymentSteps } from './payment-steps.ts'

/** Where the worker tells what people on call should know. */
export interface WorkerLog {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

export interface WorkerOptions extends BackoffOptions {
  readonly kind: PaymentKind
  readonly concurrency: number
  readonly pollMs: number
  readonly claims: PaymentClaims
  readonly steps: Pick<PaymentSteps, 'run'>
  readonly completions: Completions
}

/** Claims payments that are due and carries them out, so many at a time, each in a green thread of its own. */
export class PaymentWorker {
  readonly #options: WorkerOptions
  readonly #pool: Pool
  /** There may be something to claim, or room for it. */
  readonly #stir = new Event()
  #isStopping = false
  #loop: GreenThread<void> | undefined

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#pool = new Pool(options.concurrency, { name: `${options.kind} payments` })
  }

  /** How many payments are being worked on now. */
  get active(): number {
    return this.#pool.active
  }

  start(log: WorkerLog): void {
    const name = `claims ${this.#options.kind} payments`
    this.#loop = spawnWith({ name, detached: true }, () => this.#run(log))
  }

  /** A payment has become due. */
  wake(): void {
    this.#stir.set()
  }

  /** Claims no more. Payments that do not end within the time are left where they are, for others to go on with. */
  stop(patienceMs: number): void {
    this.#isStopping = true
    this.wake()
    this.#loop?.join()
    try {
      this.#pool.join(patienceMs)
    } catch (error) {
      if (!(error instanceof TimedOut)) throw error
      this.#pool.cancel()
      this.#pool.join()
    }
  }

  #run(log: WorkerLog): void {
    while (!this.#isStopping) {
      this.#stir.clear()
      if (!this.#claimSome(log)) this.#stir.wait(this.#options.pollMs)
    }
  }

  /** Returns whether there may be more. */
  #claimSome(log: WorkerLog): boolean {
    const room = this.#pool.available
    if (room === 0) return false
    let claimed: ClaimedPayment[]
    try {
      claimed = this.#options.claims.take(this.#options.kind, room)
    } catch (error) {
      if (error instanceof Cancelled) throw error
      log.error({ err: error }, 'payments could not be claimed; the next try follows')
      return false
    }
    for (const payment of claimed) {
      const attributes = { 'payment.id': payment.id, 'payment.state': payment.state }
      const work = () => this.#carryOut(payment, log)
      this.#pool.spawn(() => inSpan('carry out payment', { attributes }, work))
    }
    return claimed.length === room
  }

  #carryOut(payment: ClaimedPayment, log: WorkerLog): void {
    const { claims, steps, completions } = this.#options
    try {
      steps.run(payment)
    } catch (error) {
      if (error instanceof Cancelled) {
        shield(() => claims.release(payment))
        throw error
      }
      this.#putOff(payment, error, log)
    } finally {
      completions.settle(payment.id)
      this.wake()
    }
  }

  #putOff(payment: ClaimedPayment, error: unknown, log: WorkerLog): void {
    const { id: paymentId } = payment
    if (error instanceof ClaimLost) {
      log.warn({ paymentId, err: error }, error.message)
      return
    }
    const problem = error instanceof Problem ? error.code : 'INTERNAL_ERROR'
    if (error instanceof Problem && error.kind === 'unavailable') {
      log.warn({ paymentId, problem }, 'a payment is put off')
    } else {
      log.error({ paymentId, err: error }, 'a payment is put off, and somebody should look at it')
    }
    try {
      const delayMs = backoffMs(this.#options, payment.attempts, error)
      this.#options.claims.postpone(payment, delayMs, problem)
    } catch (failure) {
      if (failure instanceof Cancelled) throw failure
      // The database can't be reached, for example: the claim ends by itself, and somebody resumes the payment.
      log.error(
        { paymentId, err: failure },
        'a payment could not be given back; its claim will end',
      )
    }
  }
}
