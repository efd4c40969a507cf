import { BugError, Cancelled } from '../errors.ts'
import type { Fiber } from './fiber.ts'

/** A part of the call tree in which interruptions differ: a deadline or a shield. */
export interface Region {
  readonly outer: Region | undefined
  /** True where interruptions from outside must not be delivered. */
  readonly isShield: boolean
  /** The error of a deadline that has passed. */
  readonly expiry: Error | undefined
  /** For scopes: an interruption from outside has reached the region. May come again. */
  interrupted?(error: Error): void
}

/** Makes the fiber end: at once when it has not started, otherwise by an error where it suspends. */
export function cancel(fiber: Fiber, reason: unknown): void {
  if (fiber.isOver || fiber.cancellation !== undefined) return
  const cancelled = new Cancelled(String(fiber), reason)
  fiber.cancellation = cancelled
  try {
    if (fiber.state === 'pending') fiber.endUnstarted(cancelled)
    else arrived(fiber)
  } finally {
    fiber.abort?.abort(cancelled)
  }
}

/** Cancels all, even if functions of the user, run on the way, throw. Returns what they threw. */
export function cancelEach(fibers: Iterable<Fiber>, reason: unknown): unknown[] {
  const errors: unknown[] = []
  for (const fiber of fibers) {
    try {
      cancel(fiber, reason)
    } catch (error) {
      errors.push(error)
    }
  }
  return errors
}

/** To be called when an interruption arrived: tells the scopes on the stack of the fiber as well. */
export function arrived(fiber: Fiber): void {
  for (let region = fiber.region; region !== undefined; region = region.outer) {
    if (region.interrupted === undefined) continue
    const error = pendingInterruption(fiber, region.outer)
    if (error !== undefined) region.interrupted(error)
  }
  reconsider(fiber)
}

/** Lets no scope from here outwards go on. */
export function interruptScopes(inside: Region | undefined, error: Error): void {
  for (let region = inside; region !== undefined; region = region.outer) {
    region.interrupted?.(error)
  }
}

/** To be called when the regions changed. */
export function reconsider(fiber: Fiber): void {
  const error = pendingInterruption(fiber, fiber.region)
  fiber.isInterrupted = error !== undefined
  if (error === undefined || fiber.state !== 'suspended') return
  // Woken already: it gets the error at its next suspension.
  if (fiber.parking === undefined && fiber.tether === undefined) return
  interrupt(fiber, error)
}

/** Ends its wait although nobody asked for it, as nobody can; not even a shield keeps this away. */
export function unwind(fiber: Fiber, reason: unknown): void {
  fiber.cancellation ??= new Cancelled(String(fiber), reason)
  fiber.isInterrupted = pendingInterruption(fiber, fiber.region) !== undefined
  interrupt(fiber, fiber.cancellation)
  fiber.abort?.abort(fiber.cancellation)
}

/** The error to throw instead of suspending, for a fiber that `isInterrupted`. */
export function interruption(fiber: Fiber): Error {
  return (
    pendingInterruption(fiber, fiber.region) ??
    new BugError('An interruption was announced that is not there')
  )
}

/** Is this error, which the running fiber was thrown, there to make it leave what it does? */
export function isInterruption(fiber: Fiber, error: unknown): boolean {
  if (error === undefined) return false
  return error === fiber.cancellation || error === pendingInterruption(fiber, fiber.region)
}

/** Does it come from outside of a region: the cancellation, or the error of a deadline or scope there? */
export function isFromOutside(fiber: Fiber, error: unknown, outer: Region | undefined): boolean {
  if (error === undefined) return false
  for (let region = outer; region !== undefined; region = region.outer) {
    if (error === region.expiry) return true
  }
  return error === fiber.cancellation
}

/** The signal that aborts when the fiber is cancelled. */
export function signalOf(fiber: Fiber): AbortSignal {
  if (fiber.abort === undefined) {
    fiber.abort = new AbortController()
    if (fiber.cancellation !== undefined) fiber.abort.abort(fiber.cancellation)
  }
  return fiber.abort.signal
}

/** The outermost one that no shield keeps away, from this region outwards. */
function pendingInterruption(fiber: Fiber, inside: Region | undefined): Error | undefined {
  if (fiber.unwinding !== undefined) return fiber.unwinding
  let found: Error | undefined
  for (let region = inside; region !== undefined; region = region.outer) {
    if (region.isShield) return found
    if (region.expiry !== undefined) found = region.expiry
  }
  return fiber.cancellation ?? found
}

function interrupt(fiber: Fiber, error: Error): void {
  const parking = fiber.parking ?? fiber.tether?.parking() ?? fiber.tether?.will
  fiber.wakeSoonWithError(error)
  parking?.abandon() // last, as it may be a function of the user that throws
}
