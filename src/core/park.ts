import { NotParkedError } from '../errors.ts'
import { type Fiber, runningFiber } from './fiber.ts'
import { GreenThread } from './green-thread.ts'
import { interruption } from './interruption.ts'
import { requireInterruptible } from './running-fiber.ts'
import type { Parking, Will } from './waiter.ts'

/**
 * Suspends the running green thread until `unpark()` is called for it; returns the value given there.
 *
 * @param onAbandon is called when the thread goes on without having been unparked, because it was
 * cancelled, a deadline passed, or nobody could reach the thread any more: forget the thread there.
 */
export function park(onAbandon?: () => void): unknown {
  const fiber = requireInterruptible('park()', 'await a promise that you resolve')
  fiber.parking = new Parked(onAbandon)
  return fiber.suspend()
}

/**
 * Throws the interruption that the running green thread would get if it suspended now. What begins
 * something that can't be taken back calls it first (trio's `checkpoint_if_cancelled`). Does nothing
 * outside of green threads.
 *
 * @throws Cancelled, TimedOut
 */
export function throwIfInterrupted(): void {
  const fiber = runningFiber()
  if (fiber?.isInterrupted) throw interruption(fiber)
}

/**
 * Lets a parked green thread go on, in a microtask.
 *
 * @throws NotParkedError when it is not parked, or unparked already.
 */
export function unpark(thread: GreenThread, value?: unknown): void {
  parkedFiber(thread).wakeSoon(value)
}

/** As `unpark`; the thread goes on with a throw of the error. */
export function unparkWithError(thread: GreenThread, error: unknown): void {
  parkedFiber(thread).wakeSoonWithError(error)
}

class Parked implements Parking {
  readonly will: Will

  constructor(onAbandon: (() => void) | undefined) {
    this.will = new Abandonment(onAbandon)
  }

  abandon(): void {
    this.will.abandon()
  }
}

class Abandonment implements Will {
  readonly #callback: (() => void) | undefined

  constructor(callback: (() => void) | undefined) {
    this.#callback = callback
  }

  abandon(): void {
    this.#callback?.()
  }
}

function parkedFiber(thread: GreenThread): Fiber {
  const fiber = GreenThread.fiberOf(thread)
  const parking = fiber.parking ?? fiber.tether?.parking()
  if (!(parking instanceof Parked)) throw new NotParkedError(String(fiber), fiber.state)
  return fiber
}
