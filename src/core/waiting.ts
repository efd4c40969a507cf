import { type Clock, clock } from './clock.ts'
import type { Fiber } from './fiber.ts'
import type { WaitQueue } from './wait-queue.ts'
import type { Parking } from './waiter.ts'

/** A place in a queue. It leaves the queue once: woken, failed or abandoned. */
export abstract class Waiting<T, Offer> {
  previous: Waiting<T, Offer> | undefined = undefined
  next: Waiting<T, Offer> | undefined = undefined
  readonly offer: Offer | undefined
  #queue: WaitQueue<T, Offer> | undefined

  constructor(queue: WaitQueue<T, Offer>, offer: Offer | undefined) {
    this.#queue = queue
    this.offer = offer
  }

  wake(value: T): void {
    if (this.leave()) this.onWake(value)
  }

  fail(error: unknown): void {
    if (this.leave()) this.onFailure(error)
  }

  leave(): boolean {
    if (this.#queue === undefined) return false
    this.#queue.remove(this)
    this.#queue = undefined
    return true
  }

  protected abstract onWake(value: T): void
  protected abstract onFailure(error: unknown): void
}

export class WaitingFiber<T, Offer> extends Waiting<T, Offer> implements Parking {
  readonly #fiber: Fiber

  constructor(queue: WaitQueue<T, Offer>, offer: Offer | undefined, fiber: Fiber) {
    super(queue, offer)
    this.#fiber = fiber
  }

  abandon(): void {
    this.leave()
  }

  protected override onWake(value: T): void {
    this.#fiber.wakeSoon(value)
  }

  protected override onFailure(error: unknown): void {
    this.#fiber.wakeSoonWithError(error)
  }
}

export class WaitingPromise<T, Offer> extends Waiting<T, Offer> {
  readonly #resolve: (value: T) => void
  readonly #reject: (error: unknown) => void
  #limits: Limits | undefined = undefined

  constructor(
    queue: WaitQueue<T, Offer>,
    offer: Offer | undefined,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    super(queue, offer)
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Ends the wait by a signal, or when a time is over. */
  limit(signal: AbortSignal | undefined, timeoutMs: number, onTimeout: () => void): void {
    this.#limits = new Limits(signal, timeoutMs, onTimeout, () => this.fail(signal?.reason))
  }

  protected override onWake(value: T): void {
    this.#limits?.end()
    this.#resolve(value)
  }

  protected override onFailure(error: unknown): void {
    this.#limits?.end()
    this.#reject(error)
  }
}

class Limits {
  readonly #signal: AbortSignal | undefined
  readonly #onAbort: () => void
  // Of the clock that set the timer: it may be replaced meanwhile.
  readonly #clock: Clock = clock
  readonly #timer: unknown

  constructor(
    signal: AbortSignal | undefined,
    timeoutMs: number,
    onTimeout: () => void,
    onAbort: () => void,
  ) {
    this.#signal = signal
    this.#onAbort = onAbort
    this.#timer =
      timeoutMs === Number.POSITIVE_INFINITY ? undefined : clock.setTimer(onTimeout, timeoutMs)
    signal?.addEventListener('abort', onAbort)
  }

  end(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
  }
}
