import { severalErrors, TimedOut } from '../errors.ts'
import { checkTimeout } from './argument.ts'
import { clock } from './clock.ts'
import { endsOf } from './end-queue.ts'
import type { Fiber } from './fiber.ts'
import type { GreenThread } from './green-thread.ts'
import { cancelEach } from './interruption.ts'
import { checkNotAmong, fibersOf, type JoinOptions } from './join.ts'
import { requireFiber } from './running-fiber.ts'
import type { WaitDescription } from './wait-queue.ts'

/**
 * Cancels threads and waits until all have ended. Those that have not started never run. Nothing is
 * thrown for how they ended; an error that one of them throws instead of `Cancelled` is reported as always. As
 * gevent's `killall`.
 *
 * @param reason becomes the `cause` of their errors.
 * @throws TimedOut when they take longer than `timeoutMs`; WaitOnItselfError. On the main stack, where it
 * can't wait, NotInGreenThreadError before anything is cancelled, unless all have ended or not begun.
 * @example
 * cancelAll([spawn(() => sleep(1000)), spawn(() => sleep(2000))], 'not needed any more')
 */
export function cancelAll(
  threads: readonly GreenThread[],
  reason?: unknown,
  options: JoinOptions = {},
): void {
  const { timeoutMs = Number.POSITIVE_INFINITY } = options
  checkTimeout('timeoutMs', timeoutMs)
  const fibers = fibersOf(threads)
  if (timeoutMs > 0 && fibers.some(isLive)) {
    checkNotAmong(fibers, requireFiber(CANCEL_ALL.call, CANCEL_ALL.inAsyncCode))
  }
  const errors = cancelEach(fibers, reason)
  for (const _ of endsOf(fibers, CANCEL_ALL, clock.now() + timeoutMs, fibers.length));
  if (fibers.some(isLive)) throw new TimedOut(CANCEL_ALL.call, timeoutMs)
  if (errors.length > 1)
    throw severalErrors('functions failed that were called on cancellation', errors)
  if (errors.length === 1) throw errors[0]
}

const CANCEL_ALL: WaitDescription = {
  call: 'cancelAll()',
  inAsyncCode: 'for (const t of threads) t.cancel(); await Promise.allSettled(threads)',
}

function isLive(fiber: Fiber): boolean {
  return !fiber.isOver && fiber.state !== 'pending'
}
