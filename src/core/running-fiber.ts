import { checkNotOnForeignStack } from '../binding/foreign-stacks.ts'
import { NotInGreenThreadError } from '../errors.ts'
import { type Fiber, runningFiber } from './fiber.ts'
import { interruption } from './interruption.ts'

/** The fiber that runs, for a function that may suspend it. */
export function requireFiber(what: string, inAsyncCode?: string): Fiber {
  const fiber = runningFiber()
  if (fiber === undefined) throw noFiber(what, inAsyncCode)
  return fiber
}

/** The error for what suspends and was called on the main stack. */
export function noFiber(what: string, inAsyncCode?: string): Error {
  checkNotOnForeignStack() // has a better explanation
  return new NotInGreenThreadError(what, inAsyncCode)
}

/** As `requireFiber`; throws the interruption when the fiber has one to get at its next suspension. */
export function requireInterruptible(what: string, inAsyncCode?: string): Fiber {
  const fiber = requireFiber(what, inAsyncCode)
  if (fiber.isInterrupted) throw interruption(fiber)
  return fiber
}

/** The `id` of the green thread that runs, for primitives that have an owner; 0 on the main stack. */
export function currentThreadId(): number {
  return runningFiber()?.id ?? 0
}
