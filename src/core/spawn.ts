import { checkFunction } from './argument.ts'
import { Fiber } from './fiber.ts'
import { GreenThread } from './green-thread.ts'

/**
 * Starts a green thread at once: it runs to its first suspension before `spawn` returns, as an async
 * function does. The async context (AsyncLocalStorage) is that of the caller.
 *
 * An error that nobody observes, by `join`, `wait` or `await`, is reported as an unhandled rejection.
 *
 * @throws OutOfStacksError
 * @example
 * const thread = spawn((url) => wait(fetch(url)).status, 'http://localhost/')
 */
export function spawn<A extends unknown[], R>(
  fn: (...args: A) => R,
  ...args: A
): GreenThread<Awaited<R>> {
  checkFunction('fn', fn)
  const fiber = new Fiber(fn, undefined, args)
  const thread = new GreenThread<Awaited<R>>(fiber as never)
  fiber.start()
  return thread
}
