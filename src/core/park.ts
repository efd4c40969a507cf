import { NotParkedError } from '../errors.ts'
import type { Fiber } from './fiber.ts'
import { GreenThread } from './green-thread.ts'
import { requireInterruptible } from './running-fiber.ts'
import type { Parking } from './waiter.ts'

/**
 * Suspends the running green thread until `unpark()` is called for it; returns the value given there.
 *
 * @param onAbandon is called when the thread goes on without having been unparked, because it was
 * cancelled or a deadline passed: forget the thread there.
 */
export function park(onAbandon?: () => void): unknown {
  const fiber = requireInterruptible('park()', 'await a promise that you resolve')
  fiber.parking = new Parked(onAbandon)
  return fiber.suspend()
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
  readonly #onAbandon: (() => void) | undefined

  constructor(onAbandon: (() => void) | undefined) {
    this.#onAbandon = onAbandon
  }

  abandon(): void {
    this.#onAbandon?.()
  }
}

function parkedFiber(thread: GreenThread): Fiber {
  const fiber = GreenThread.fiberOf(thread)
  const parking = fiber.parking ?? fiber.tether?.parking()
  if (!(parking instanceof Parked)) throw new NotParkedError(String(fiber), fiber.state)
  return fiber
}
