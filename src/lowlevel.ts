/**
 * For authors of primitives (locks, channels) and of tests. What the library builds its own with.
 */
import './core/startup.ts'

export { type Clock, clock, useClock } from './core/clock.ts'
export { suspendedThreads } from './core/green-thread.ts'
export { park, unpark, unparkWithError } from './core/park.ts'
export { WaitQueue } from './core/wait-queue.ts'
