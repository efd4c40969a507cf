import './core/startup.ts'

export { backend, backendReason } from './binding/addon.ts'
export { toAsync, toSync } from './core/conversion.ts'
export type { ThreadState } from './core/fiber.ts'
export { current, GreenThread, type ThreadOptions } from './core/green-thread.ts'
export { Local, type LocalOptions } from './core/local.ts'
export { sleep, yieldNow } from './core/sleep.ts'
export { spawn } from './core/spawn.ts'
export { type Synced, synced } from './core/synced.ts'
export { type Deadline, shield, withTimeout } from './core/timeout.ts'
export { wait } from './core/wait.ts'
export {
  AddonError,
  AlreadyRegisteredError,
  AlreadyStartedError,
  BugError,
  Cancelled,
  type CannotSuspendCode,
  CannotSuspendError,
  ClientDisconnectedError,
  DeadlockWarning,
  GreenThreadsError,
  InvalidArgumentError,
  LoadedTwiceError,
  NotInGreenThreadError,
  NotParkedError,
  OutOfStacksError,
  TerminatedError,
  TimedOut,
  WaitOnItselfError,
} from './errors.ts'
