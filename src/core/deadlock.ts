import { DeadlockWarning } from '../errors.ts'
import type { Fiber } from './fiber.ts'
import { stackOf } from './green-thread.ts'
import { suspendedFibers } from './live-fibers.ts'

/**
 * When the event loop has nothing left to do, nothing can wake the green threads which are still
 * suspended: says so, with the stack of each. The exit code stays what it is.
 */
export function warnOfDeadlocks(): void {
  process.on('beforeExit', warn)
}

/** Emitted once for the same threads, as this event comes again when its listeners start something. */
let reported = new Set<Fiber>()

function warn(): void {
  const fibers = suspendedFibers().filter((fiber) => !fiber.isTransient)
  if (fibers.every((fiber) => reported.has(fiber))) return
  reported = new Set(fibers)
  process.emitWarning(new DeadlockWarning(fibers.map(stackOf)))
}
