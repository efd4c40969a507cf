import { checkDelay } from './argument.ts'
import { clock } from './clock.ts'
import type { Fiber } from './fiber.ts'
import { requireInterruptible } from './running-fiber.ts'
import type { Parking } from './waiter.ts'

/**
 * Suspends this green thread for some milliseconds; other code runs meanwhile.
 *
 * @throws Cancelled, TimedOut at once when this thread is interrupted; the timer is cleared.
 * @example
 * spawn(() => {
 *   sleep(100)
 *   console.log('later')
 * })
 */
export function sleep(ms: number): void {
  checkDelay('ms', ms)
  const fiber = requireInterruptible(
    'sleep()',
    "await setTimeout(ms)  // from 'node:timers/promises'",
  )
  fiber.parking = new TimerParking(fiber, ms)
  fiber.suspend()
}

/**
 * Lets everything else that is ready run, input and output included, and goes on after that. Call it
 * now and then in long computations.
 */
export function yieldNow(): void {
  const fiber = requireInterruptible(
    'yieldNow()',
    "await setImmediate()  // from 'node:timers/promises'",
  )
  fiber.parking = new TurnParking(fiber)
  fiber.suspend()
}

/** The timer holds the parking, not the fiber: that is how unreachable.ts sees that it can be woken. */
class TimerParking implements Parking {
  readonly #fiber: Fiber
  // Of the clock that set the timer: it may be replaced meanwhile.
  readonly #clock = clock
  readonly #timer: unknown

  constructor(fiber: Fiber, ms: number) {
    this.#fiber = fiber
    this.#timer = clock.setTimer(() => this.#fiber.wake(undefined), ms, fiber.isTransient)
  }

  abandon(): void {
    this.#clock.clearTimer(this.#timer)
  }
}

class TurnParking implements Parking {
  readonly #immediate: NodeJS.Immediate

  constructor(fiber: Fiber) {
    this.#immediate = setImmediate(TurnParking.#wake, this, fiber)
    if (fiber.isTransient) this.#immediate.unref()
  }

  static #wake(_parking: TurnParking, fiber: Fiber): void {
    fiber.wake(undefined)
  }

  abandon(): void {
    clearImmediate(this.#immediate)
  }
}
