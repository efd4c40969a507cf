import { InvalidArgumentError } from '../errors.ts'
import { checkFunction, checkSignal } from './argument.ts'
import { Fiber } from './fiber.ts'
import { cancel, signalOf } from './interruption.ts'
import { startChild } from './start.ts'
import { promiseOf } from './waiter.ts'

export interface ToPromiseOptions {
  /** Cancels the thread when it aborts, with the signal's reason as `cause`. */
  signal?: AbortSignal
  /** Starts the thread, without arguments, if it has not started. Default: true. */
  start?: boolean
  /**
   * What the promise becomes when the thread was cancelled: rejected with `Cancelled`, or resolved to that
   * error. Default: 'reject'.
   */
  onCancel?: 'reject' | 'resolve'
}

/** What comes of the fiber. */
export function promiseWith(fiber: Fiber, options: ToPromiseOptions): Promise<unknown> {
  const { signal, start = true, onCancel = 'reject' } = options
  if (onCancel !== 'reject' && onCancel !== 'resolve')
    throw new InvalidArgumentError('onCancel', "'reject' or 'resolve'", onCancel)
  if (signal !== undefined) checkSignal('signal', signal)
  if (signal?.aborted) cancel(fiber, signal.reason)
  try {
    if (start && fiber.state === 'pending') startChild(fiber, [])
  } catch (error) {
    return Promise.reject(error)
  }
  const promise = signal === undefined ? fiber.promise : promiseUnder(fiber, signal)
  return onCancel === 'reject' ? promise : promise.catch((error) => cancellationOf(fiber, error))
}

/** What comes of the fiber, which the signal cancels when it aborts. */
function promiseUnder(fiber: Fiber, signal: AbortSignal): Promise<unknown> {
  const abort = (): void => cancel(fiber, signal.reason)
  signal.addEventListener('abort', abort)
  return fiber.promise.finally(() => signal.removeEventListener('abort', abort))
}

function cancellationOf(fiber: Fiber, error: unknown): unknown {
  if (fiber.state === 'cancelled') return error
  throw error
}

/** Starts a fiber that does nothing but wait for a promise, or for what a function returns. */
export function waitingFiber(source: unknown): Fiber {
  const promise = promiseOf(source)
  if (promise !== undefined) return started(new Fiber(() => promise, undefined, []), '')
  checkFunction('source', source)
  const make = source as (signal: AbortSignal) => unknown
  const fiber: Fiber = new Fiber(() => make(signalOf(fiber)), undefined, [])
  return started(fiber, make.name)
}

function started(fiber: Fiber, name: string): Fiber {
  fiber.name = name
  startChild(fiber, [])
  return fiber
}
