import type { Fiber } from './fiber.ts'
import { beginTurn, endTurn } from './run-queue.ts'

/** What a parked fiber waits on. */
export interface Parking extends Will {
  /** What must be carried out even when the parking itself is gone, as nobody could reach it any more. */
  readonly will?: Will | undefined
}

export interface Will {
  /** The fiber will go on without it: forget the fiber, release what was held for it. */
  abandon(): void
}

/**
 * Connects a parked fiber with a native promise. Its two functions are created once per waiter, and
 * waiters are used again, so that a wait allocates nothing of ours.
 *
 * A promise can't be told to forget its reactions: an abandoned waiter stays with its promise and does
 * nothing when that settles.
 */
class Waiter implements Parking {
  #fiber: Fiber | undefined = undefined
  #next: Waiter | undefined = undefined

  static #free: Waiter | undefined
  static #freeCount = 0

  static take(fiber: Fiber): Waiter {
    let waiter = Waiter.#free
    if (waiter === undefined) {
      waiter = new Waiter()
    } else {
      Waiter.#free = waiter.#next
      Waiter.#freeCount--
      waiter.#next = undefined
    }
    waiter.#fiber = fiber
    return waiter
  }

  readonly onValue = (value: unknown): void => {
    beginTurn()
    this.#release()?.wake(value)
    endTurn()
  }

  readonly onError = (error: unknown): void => {
    beginTurn()
    this.#release()?.wakeWithError(error)
    endTurn()
  }

  abandon(): void {
    this.#fiber = undefined
  }

  #release(): Fiber | undefined {
    const fiber = this.#fiber
    this.#fiber = undefined
    if (Waiter.#freeCount < FREE_WAITERS) {
      this.#next = Waiter.#free
      Waiter.#free = this
      Waiter.#freeCount++
    }
    return fiber
  }
}

/**
 * As many as are often suspended at once, some 3 MB: a new waiter is young, and keeps the stack that waits
 * by it from resting through minor collections. With fewer, waves of 10,000 threads take twice the time.
 */
const FREE_WAITERS = 16_384

// Captured, as `await` does not look `then` up either.
const { then } = Promise.prototype

/** Lets the fiber go on in the microtask in which an `await` of this promise would. */
export function listen(fiber: Fiber, promise: Promise<unknown>): void {
  const waiter = Waiter.take(fiber)
  fiber.parking = waiter
  then.call(promise, waiter.onValue, waiter.onError)
}

/** For promises that nobody will wait for, although they were handed to us. */
export function ignoreRejection(promise: Promise<unknown>): void {
  then.call(promise, undefined, () => {})
}

/** The native promise that `await value` would wait on; undefined when there is nothing to wait for. */
export function promiseOf(value: unknown): Promise<unknown> | undefined {
  if (value instanceof Promise && value.constructor === Promise) return value
  return isThenable(value) ? Promise.resolve(value) : undefined
}

function isThenable(value: unknown): boolean {
  if (typeof value === 'object' ? value === null : typeof value !== 'function') return false
  return typeof (value as { then?: unknown }).then === 'function'
}
