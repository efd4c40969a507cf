import { suspend } from '../binding/suspension.ts'
import { runningFiber } from './fiber.ts'
import { GreenThread, joinFiber } from './green-thread.ts'
import { interruption } from './interruption.ts'
import { passOn } from './run-queue.ts'
import { noFiber } from './running-fiber.ts'
import { ignoreRejection, listen, promiseOf } from './waiter.ts'

/**
 * Suspends this green thread until a promise, a thenable or another green thread settles. Returns its
 * value or throws its error. A plain value is returned at once, also outside of green threads.
 *
 * The thread goes on in the microtask in which an `await` would have continued.
 *
 * @throws NotInGreenThreadError on the main stack, CannotSuspendError where suspending is impossible,
 * Cancelled and TimedOut when this thread is interrupted.
 * @example
 * spawn(() => {
 *   const response = wait(fetch(url))
 *   console.log(wait(response.json()))
 * })
 */
export function wait<T>(value: T): Awaited<T> {
  if (value instanceof GreenThread) return joinFiber(GreenThread.fiberOf(value)) as Awaited<T>
  let promise = promiseOf(value)
  if (promise === undefined) return value as Awaited<T>
  const fiber = runningFiber()
  if (fiber === undefined) {
    ignoreRejection(promise)
    throw noFiber('wait()')
  }
  if (fiber.isInterrupted) {
    ignoreRejection(promise)
    throw interruption(fiber)
  }
  listen(fiber, promise)
  // Its reaction alone holds the promise from here on, as far as we are concerned.
  promise = undefined
  // As fiber.suspend() does, without its frame: each one costs every suspended thread.
  fiber.state = 'suspended'
  passOn(fiber)
  return suspend() as Awaited<T>
}
