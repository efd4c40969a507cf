import { checkFunction } from './argument.ts'
import type { Home } from './bonds.ts'
import { Fiber } from './fiber.ts'
import { GreenThread } from './green-thread.ts'
import { startChild, startIn } from './start.ts'
import { applyOptions, type ThreadOptions } from './thread-options.ts'

/**
 * Starts a green thread at once: it runs to its first suspension before `spawn` returns, as an async
 * function does. The async context (AsyncLocalStorage) is that of the caller.
 *
 * Started by a thread that is inside a `scope()`, it belongs to that scope: the scope does not end
 * before it, and learns of its error. Otherwise an error that nobody observes, by `join`, `wait` or
 * `await`, is reported as an unhandled rejection.
 *
 * @throws OutOfStacksError; in a scope that is cancelled, Cancelled.
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
  startChild(fiber, args)
  return thread
}

/**
 * As `spawn`, with options.
 *
 * @example
 * spawnWith({ name: 'heartbeat', transient: true }, () => {
 *   for (;;) {
 *     sleep(1000)
 *     console.log('alive')
 *   }
 * })
 */
export function spawnWith<A extends unknown[], R>(
  options: ThreadOptions,
  fn: (...args: A) => R,
  ...args: A
): GreenThread<Awaited<R>> {
  return startedThread(undefined, options, fn, args)
}

/** In a given home, or in that of the running thread. */
export function startedThread<A extends unknown[], R>(
  home: Home | undefined,
  options: ThreadOptions,
  fn: (...args: A) => R,
  args: A,
): GreenThread<Awaited<R>> {
  checkFunction('fn', fn)
  const fiber = new Fiber(fn, undefined, args)
  applyOptions(fiber, options)
  const thread = new GreenThread<Awaited<R>>(fiber as never)
  if (home === undefined) startChild(fiber, args)
  else startIn(home, fiber, args)
  return thread
}
