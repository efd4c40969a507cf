import { TimedOut } from '../errors.ts'
import { checkTimeout } from './argument.ts'
import { clock } from './clock.ts'
import type { Fiber } from './fiber.ts'
import { requireInterruptible } from './running-fiber.ts'
import type { Parking } from './waiter.ts'

/**
 * Green threads, and async code, that wait for their turn: first come, first served.
 *
 * Whoever is unparked owns what it is handed, even when it is cancelled before it runs again (the
 * cancellation comes at its next suspension): nothing handed over is lost. Whoever is interrupted
 * before has left the queue.
 *
 * @typeParam T what is handed over.
 */
export class WaitQueue<T = void> {
  #first: Waiting<T> | undefined = undefined
  #last: Waiting<T> | undefined = undefined
  #length = 0

  /** How many wait. */
  get length(): number {
    return this.#length
  }

  /** Suspends the running green thread until it is unparked; returns what it is handed. */
  park(): T {
    const fiber = requireInterruptible('park()', 'await queue.promise()')
    fiber.parking = this.#enqueue(new WaitingFiber(this, fiber))
    return fiber.suspend() as T
  }

  /**
   * As `park`, at most for this time.
   *
   * @throws TimedOut when the time is over; the thread has left the queue then.
   */
  parkWithin(timeoutMs: number, what = 'The wait in a queue'): T {
    checkTimeout('timeoutMs', timeoutMs)
    if (timeoutMs === Number.POSITIVE_INFINITY) return this.park()
    const fiber = requireInterruptible('park()', 'await queue.promise()')
    const waiting = this.#enqueue(new WaitingFiber<T>(this, fiber))
    const timers = clock // it may be replaced meanwhile
    const timer = timers.setTimer(() => waiting.fail(new TimedOut(what, timeoutMs)), timeoutMs)
    fiber.parking = waiting
    try {
      return fiber.suspend() as T
    } finally {
      timers.clearTimer(timer)
    }
  }

  /**
   * The same for async code: a place in the queue, as a promise.
   *
   * @param signal leaves the queue and rejects with its reason.
   */
  promise(signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const waiting = this.#enqueue(new WaitingPromise<T>(this, resolve, reject, leave))
      function leave(): void {
        signal?.removeEventListener('abort', abort)
      }
      function abort(): void {
        waiting.fail(signal?.reason)
      }
      signal?.addEventListener('abort', abort)
    })
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

  #enqueue<W extends Waiting<T>>(waiting: W): W {
    waiting.previous = this.#last
    if (this.#last === undefined) this.#first = waiting
    else this.#last.next = waiting
    this.#last = waiting
    this.#length++
    return waiting
  }

  /** Used by the places in this queue. @internal */
  remove(waiting: Waiting<T>): void {
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

/** A place in a queue. It leaves the queue once: woken, failed or abandoned. */
abstract class Waiting<T> {
  previous: Waiting<T> | undefined = undefined
  next: Waiting<T> | undefined = undefined
  #queue: WaitQueue<T> | undefined

  constructor(queue: WaitQueue<T>) {
    this.#queue = queue
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

class WaitingFiber<T> extends Waiting<T> implements Parking {
  readonly #fiber: Fiber

  constructor(queue: WaitQueue<T>, fiber: Fiber) {
    super(queue)
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

class WaitingPromise<T> extends Waiting<T> {
  readonly #resolve: (value: T) => void
  readonly #reject: (error: unknown) => void
  readonly #onLeave: () => void

  constructor(
    queue: WaitQueue<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
    onLeave: () => void,
  ) {
    super(queue)
    this.#resolve = resolve
    this.#reject = reject
    this.#onLeave = onLeave
  }

  protected override onWake(value: T): void {
    this.#onLeave()
    this.#resolve(value)
  }

  protected override onFailure(error: unknown): void {
    this.#onLeave()
    this.#reject(error)
  }
}
