/**
 * For authors of primitives (locks, channels) and of tests. What the library builds its own with.
 */
import './core/startup.ts'

export { checkFunction, checkTimeout } from './core/argument.ts'
export { callApart, callWhereItMayWait, isInCallback, isOnMainStack } from './core/callback.ts'
export { type Clock, clockInUse as clock, useClock } from './core/clock.ts'
export { watchEnd } from './core/end-watch.ts'
export { moduleClass, runTicks, takeOverNativeCallbacks, takeOverTicks } from './core/event-loop.ts'
// From the main entry too: a primitive that starts threads of its own needs one import.
export { current, GreenThread, suspendedThreads } from './core/green-thread.ts'
export { park, throwIfInterrupted, unpark, unparkWithError } from './core/park.ts'
export { currentThreadId } from './core/running-fiber.ts'
export { type Scheduler, useScheduler } from './core/scheduler.ts'
export { spawn } from './core/spawn.ts'
export { shield } from './core/timeout.ts'
export { wait } from './core/wait.ts'
export { checkWaitOptions, type WaitOptions } from './core/wait-options.ts'
export { type WaitDescription, WaitQueue } from './core/wait-queue.ts'
