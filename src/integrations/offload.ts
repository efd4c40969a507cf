import { current, NotInGreenThreadError, wait } from '../index.ts'
import { OffloadPool, type OffloadPoolOptions } from './offload-pool.ts'
import { type Task, taskOf } from './offload-task.ts'
import { transferListOf } from './offload-transfer.ts'

export type { OffloadPoolOptions } from './offload-pool.ts'
export { transfer } from './offload-transfer.ts'

type Callable = (...args: never[]) => unknown
type AnyFunction = (...args: unknown[]) => unknown

/**
 * Runs a function that computes on a worker thread, and suspends this green thread until it is done:
 * everything else goes on meanwhile (gevent's thread pool). The function runs in a green thread there,
 * so that it may wait as well.
 *
 * - A function travels as its source text: it can use its arguments and globals, but neither variables
 *   nor imports around it. For more, name a module and its export.
 * - Arguments and results are copied (structured clone), or moved by `transfer()`.
 * - An error arrives with class name, message, code and the worker's stack, followed by this thread's.
 * - When this thread is interrupted, the worker is stopped in the middle.
 *
 * Needs the package `piscina`. Workers start at the first call and do not hold the process open.
 *
 * @throws NotInGreenThreadError; OffloadError when the work could not be done there at all.
 * @example
 * import { offload } from 'greenthreads/offload'
 *
 * spawn(() => {
 *   const sum = offload((n: number) => {
 *     let sum = 0
 *     for (let i = 0; i < n; i++) sum += i
 *     return sum
 *   }, 1e9)
 *   const hash = offload(new URL('./hash.js', import.meta.url), 'hash', 'text')
 *   console.log(sum, hash)
 * })
 */
export function offload<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Awaited<R>
export function offload<F extends Callable = AnyFunction>(
  module: string | URL,
  exportName: string,
  ...args: Parameters<F>
): Awaited<ReturnType<F>>
export function offload(...call: [unknown, ...unknown[]]): unknown {
  if (current() === undefined) {
    throw new NotInGreenThreadError('offload()', 'await offloadAsync(fn, ...args)')
  }
  const task = taskOf(call)
  const controller = new AbortController()
  try {
    return wait(run(task, controller.signal))
  } catch (error) {
    controller.abort(error) // does nothing to a task that is over
    throw error
  }
}

/**
 * As `offload`, for async code. To be able to stop it: `spawn(offload, fn, ...args).toPromise({ signal })`.
 *
 * @example
 * import { offloadAsync } from 'greenthreads/offload'
 *
 * const parsed = await offloadAsync((text: string) => JSON.parse(text) as unknown, '{"a":1}')
 */
export function offloadAsync<A extends unknown[], R>(
  fn: (...args: A) => R,
  ...args: A
): Promise<Awaited<R>>
export function offloadAsync<F extends Callable = AnyFunction>(
  module: string | URL,
  exportName: string,
  ...args: Parameters<F>
): Promise<Awaited<ReturnType<F>>>
export async function offloadAsync(...call: [unknown, ...unknown[]]): Promise<unknown> {
  return run(taskOf(call), new AbortController().signal)
}

/**
 * Replaces the workers by others for the calls to come. Calls that were made before end on the old ones.
 *
 * @example
 * import { configureOffload } from 'greenthreads/offload'
 *
 * configureOffload({ maxThreads: 2, maxQueue: 100 })
 */
export function configureOffload(options: OffloadPoolOptions): void {
  const next = new OffloadPool(options)
  pool.retire()
  pool = next
}

let pool = new OffloadPool()

function run(task: Task, signal: AbortSignal): Promise<unknown> {
  return pool.run(task, transferListOf(task.args), signal)
}
