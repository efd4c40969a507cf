import { checkFunction } from '../core/argument.ts'
import type { Greenlet } from './greenlet.ts'
import type { Handle } from './main-strand.ts'

/** What has happened: the target goes on with a value, or with an error. */
export type TraceEvent = 'switch' | 'throw'

/** Is told of every switch, in the greenlet that goes on by it. */
export type Tracer = (event: TraceEvent, origin: Greenlet, target: Greenlet) => void

let tracer: Tracer | undefined

export let isTracing = false

/**
 * Sets the function that is told of every switch between greenlets in this worker; returns the previous
 * one. It runs in the greenlet that goes on. A tracer that throws is removed, and its error is thrown
 * there in place of what was sent.
 *
 * As `settrace` of Python's greenlet.
 *
 * @example
 * const previous = settrace((event, origin, target) => console.log(`${event}: ${origin} -> ${target}`))
 */
export function settrace(callback: Tracer | null | undefined): Tracer | undefined {
  if (callback !== null && callback !== undefined) checkFunction('callback', callback)
  const previous = tracer
  tracer = callback ?? undefined
  isTracing = tracer !== undefined
  return previous
}

/** The function that `settrace` has set. */
export function gettrace(): Tracer | undefined {
  return tracer
}

export function trace(event: TraceEvent, origin: Handle, target: Handle): void {
  try {
    tracer?.(event, origin as Greenlet, target as Greenlet)
  } catch (error) {
    settrace(undefined)
    throw error
  }
}
