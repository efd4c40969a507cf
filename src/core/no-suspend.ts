import { NO_SUSPEND } from '../binding/refusal.ts'
import { running } from '../binding/running.ts'
import { DidNotSuspendError } from '../errors.ts'
import { checkSynchronous } from './argument.ts'
import { requireFiber } from './running-fiber.ts'

/**
 * Calls a function in which this green thread must not be suspended, so that nothing else runs before it
 * returns: a wait in it throws, however deep, and patched calls of Node.js block. Green threads that it
 * starts may be suspended. Never suspends; returns what the function returns.
 *
 * @throws CannotSuspendError with the code `ERR_GT_CANNOT_SUSPEND_NO_SUSPEND`, where the function waits;
 * AsyncFunctionError for an async function, whose later parts it could not watch.
 * @example
 * import { noSuspend } from 'greenthreads'
 * const account = { balance: 100 }
 * noSuspend(() => {
 *   const { balance } = account
 *   account.balance = balance - 30
 * })
 */
export function noSuspend<T>(fn: () => T): T {
  checkSynchronous('noSuspend()', 'fn', fn)
  const self = running
  if (self === undefined) return fn()
  const { ban } = self
  if (ban === 0) self.ban = NO_SUSPEND
  try {
    return fn()
  } finally {
    self.ban = ban
  }
}

/**
 * Calls a function that has to suspend this green thread, and returns what it returns. For tests, and for
 * calls that are thought to be co-operative. gevent's `assert_switches`.
 *
 * @throws DidNotSuspendError when the function has returned without having waited: it blocked, or had
 * nothing to wait for. NotInGreenThreadError on the main stack, AsyncFunctionError for an async function.
 * @example
 * import { assertSuspends, sleep, spawn } from 'greenthreads'
 * spawn(() => assertSuspends(() => sleep(10)))
 */
export function assertSuspends<T>(fn: () => T): T {
  checkSynchronous('assertSuspends()', 'fn', fn)
  requireFiber('assertSuspends()')
  const hasSuspended = suspensionSince()
  const result = fn()
  if (hasSuspended()) return result
  throw new DidNotSuspendError(
    `${fn.name === '' ? 'The function' : `${fn.name}()`} was given to assertSuspends()`,
    'call it without assertSuspends()',
  )
}

/** Tells whether the running green thread has been suspended since the call. */
export function suspensionSince(): () => boolean {
  let isLater = false
  // A suspended thread goes on in a microtask behind this one, at the earliest.
  queueMicrotask(() => {
    isLater = true
  })
  return () => isLater
}
