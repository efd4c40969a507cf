import { BugError, Cancelled } from '../errors.ts'
import type { Fiber } from './fiber.ts'

/** A part of the call tree in which interruptions differ: a deadline or a shield. */
export interface Region {
  readonly outer: Region | undefined
  /** True where interruptions from outside must not be delivered. */
  readonly isShield: boolean
  /** The error of a deadline that has passed. */
  readonly expiry: Error | undefined
}

/** Makes the fiber end: at once when it has not started, otherwise by an error where it suspends. */
export function cancel(fiber: Fiber, reason: unknown): void {
  if (fiber.isOver || fiber.cancellation !== undefined) return
  const cancelled = new Cancelled(String(fiber), reason)
  fiber.cancellation = cancelled
  if (fiber.state === 'pending') fiber.endUnstarted(cancelled)
  else reconsider(fiber)
  fiber.abort?.abort(cancelled)
}

/** To be called when an interruption arrived, or when the regions changed. */
export function reconsider(fiber: Fiber): void {
  const error = pendingInterruption(fiber)
  fiber.isInterrupted = error !== undefined
  if (error === undefined || fiber.state !== 'suspended') return
  // Woken already: it gets the error at its next suspension.
  if (fiber.parking === undefined && fiber.tether === undefined) return
  interrupt(fiber, error)
}

/** Ends its wait although nobody asked for it, as nobody can; not even a shield keeps this away. */
export function unwind(fiber: Fiber, reason: unknown): void {
  fiber.cancellation ??= new Cancelled(String(fiber), reason)
  fiber.isInterrupted = pendingInterruption(fiber) !== undefined
  interrupt(fiber, fiber.cancellation)
  fiber.abort?.abort(fiber.cancellation)
}

/** The error to throw instead of suspending, for a fiber that `isInterrupted`. */
export function interruption(fiber: Fiber): Error {
  return (
    pendingInterruption(fiber) ?? new BugError('An interruption was announced that is not there')
  )
}

/** The signal that aborts when the fiber is cancelled. */
export function signalOf(fiber: Fiber): AbortSignal {
  if (fiber.abort === undefined) {
    fiber.abort = new AbortController()
    if (fiber.cancellation !== undefined) fiber.abort.abort(fiber.cancellation)
  }
  return fiber.abort.signal
}

/** The outermost one that no shield keeps away. */
function pendingInterruption(fiber: Fiber): Error | undefined {
  let found: Error | undefined
  for (let region = fiber.region; region !== undefined; region = region.outer) {
    if (region.isShield) return found
    if (region.expiry !== undefined) found = region.expiry
  }
  return fiber.cancellation ?? found
}

function interrupt(fiber: Fiber, error: Error): void {
  const parking = fiber.parking ?? fiber.tether?.parking()
  fiber.wakeSoonWithError(error)
  parking?.abandon() // last, as it may be a function of the user that throws
}
