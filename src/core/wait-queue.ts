import { checkCanSuspend } from '../binding/suspension.ts'
import { TimedOut } from '../errors.ts'
import { checkTimeout } from './argument.ts'
import { clock } from './clock.ts'
import type { Fiber } from './fiber.ts'
import { requireInterruptible } from './running-fiber.ts'
import { checkWaitOptions, type WaitOptions } from './wait-options.ts'
import { type Waiting, WaitingFiber, WaitingPromise } from './waiting.ts'

/** What a queue is waited in for, in messages. */
export interface WaitDescription {
  /** The blocking call, as `lock.acquire()`. */
  readonly call: string
  /** What async code writes instead, as `await lock.acquireAsync()`. */
  readonly inAsyncCode: string
}

/**
 * Green threads, and async code, that wait for their turn: first come, first served.
 *
 * Whoever is unparked owns what it is handed, even when it is cancelled before it runs again (the
 * cancellation comes at its next suspension): nothing handed over is lost. Whoever is interrupted
 * before has left the queue.
 *
 * @typeParam T what is handed over.
 * @typeParam Offer what those who wait bring along, as the item that a sender wants to hand over. It
 * leaves the queue with them.
 */
export class WaitQueue<T = void, Offer = undefined> {
  #first: Waiting<T, Offer> | undefined = undefined
  #last: Waiting<T, Offer> | undefined = undefined
  #length = 0
  readonly #description: WaitDescription

  /** @param description for the messages of errors: what users called, and what async code calls. */
  constructor(description: WaitDescription = PLAIN_QUEUE) {
    this.#description = description
  }

  /** How many wait. */
  get length(): number {
    return this.#length
  }

  /** What the one that has waited longest brought along; undefined when nobody waits. */
  get firstOffer(): Offer | undefined {
    return this.#first?.offer
  }

  /**
   * Suspends the running green thread until it is unparked; returns what it is handed.
   *
   * @throws NotInGreenThreadError on the main stack; Cancelled, TimedOut when the thread is interrupted.
   */
  park(offer?: Offer): T {
    const fiber = this.#requireFiber()
    fiber.parking = this.#enqueue(new WaitingFiber(this, offer, fiber))
    return fiber.suspend() as T
  }

  /**
   * As `park`, at most for this time; with 0 it never suspends, and throws at once on any stack.
   *
   * @throws TimedOut when the time is over; the thread has left the queue then.
   */
  parkWithin(timeoutMs: number, offer?: Offer): T {
    if (timeoutMs === Number.POSITIVE_INFINITY) return this.park(offer)
    checkTimeout('timeoutMs', timeoutMs)
    const { call } = this.#description
    if (timeoutMs === 0) throw new TimedOut(call, 0)
    return this.#parkUntil(timeoutMs, offer, (waiting) => {
      waiting.fail(new TimedOut(call, timeoutMs))
    })
  }

  /** As `parkWithin`, for those who take the end of the time as an answer: returns `otherwise` then. */
  parkOr(otherwise: T, timeoutMs: number, offer?: Offer): T {
    if (timeoutMs === Number.POSITIVE_INFINITY) return this.park(offer)
    checkTimeout('timeoutMs', timeoutMs)
    if (timeoutMs === 0) return otherwise
    return this.#parkUntil(timeoutMs, offer, (waiting) => waiting.wake(otherwise))
  }

  /**
   * For primitives that give something up before they park: throws what `park` would throw at once. When
   * it does not, parking here works, also later, and in a shield.
   *
   * @throws NotInGreenThreadError, Cancelled, TimedOut, CannotSuspendError
   */
  checkCanPark(): void {
    this.#requireFiber()
    checkCanSuspend()
  }

  /** The same for async code: a place in the queue, as a promise. */
  promise(options: WaitOptions = NO_OPTIONS, offer?: Offer): Promise<T> {
    const call = this.#description.inAsyncCode
    return this.#promise(options, offer, (waiting, timeoutMs) => {
      waiting.fail(new TimedOut(call, timeoutMs))
    })
  }

  /** As `promise`, but resolves to `otherwise` when the time is over. */
  promiseOr(otherwise: T, options: WaitOptions = NO_OPTIONS, offer?: Offer): Promise<T> {
    return this.#promise(options, offer, (waiting) => waiting.wake(otherwise))
  }

  /** Wakes the one that has waited longest and hands it the value. False when nobody waits. */
  unparkOne(value: T): boolean {
    const waiting = this.#first
    if (waiting === undefined) return false
    waiting.wake(value)
    return true
  }

  /** Wakes all that wait now, in their order, and returns how many there were. */
  unparkAll(value: T): number {
    const count = this.#length
    for (let i = 0; i < count; i++) this.unparkOne(value)
    return count
  }

  /** Wakes all with an error, for a primitive that is closed. Returns how many there were. */
  unparkAllWithError(error: unknown): number {
    const count = this.#length
    for (let i = 0; i < count; i++) this.#first?.fail(error)
    return count
  }

  #requireFiber(): Fiber {
    return requireInterruptible(this.#description.call, this.#description.inAsyncCode)
  }

  #parkUntil(
    timeoutMs: number,
    offer: Offer | undefined,
    onTimeout: (waiting: Waiting<T, Offer>) => void,
  ): T {
    const fiber = this.#requireFiber()
    const waiting = this.#enqueue(new WaitingFiber<T, Offer>(this, offer, fiber))
    const timers = clock // it may be replaced meanwhile
    const timer = timers.setTimer(() => onTimeout(waiting), timeoutMs, fiber.isTransient)
    fiber.parking = waiting
    try {
      return fiber.suspend() as T
    } finally {
      timers.clearTimer(timer)
    }
  }

  #promise(
    options: WaitOptions,
    offer: Offer | undefined,
    onTimeout: (waiting: Waiting<T, Offer>, timeoutMs: number) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      checkWaitOptions(options)
      const waiting = this.#enqueue(new WaitingPromise<T, Offer>(this, offer, resolve, reject))
      const { signal, timeoutMs = Number.POSITIVE_INFINITY } = options
      if (timeoutMs === 0) onTimeout(waiting, 0)
      else if (signal !== undefined || timeoutMs !== Number.POSITIVE_INFINITY) {
        waiting.limit(signal, timeoutMs, () => onTimeout(waiting, timeoutMs))
      }
    })
  }

  #enqueue<W extends Waiting<T, Offer>>(waiting: W): W {
    waiting.previous = this.#last
    if (this.#last === undefined) this.#first = waiting
    else this.#last.next = waiting
    this.#last = waiting
    this.#length++
    return waiting
  }

  /** Used by the places in this queue. @internal */
  remove(waiting: Waiting<T, Offer>): void {
    const { previous, next } = waiting
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    waiting.previous = undefined
    waiting.next = undefined
    this.#length--
  }
}

const PLAIN_QUEUE: WaitDescription = { call: 'park()', inAsyncCode: 'await queue.promise()' }

const NO_OPTIONS: WaitOptions = {}
