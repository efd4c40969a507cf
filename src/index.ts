import './core/startup.ts'

export { backend, backendReason } from './binding/addon.ts'
export { cancelAll } from './core/cancel-all.ts'
export { type ToAsyncOptions, type ToSyncOptions, toAsync, toSync } from './core/conversion.ts'
export type { ThreadState } from './core/ending.ts'
export { firstOf } from './core/first-of.ts'
export { current, GreenThread } from './core/green-thread.ts'
export {
  type IterationOptions,
  iterateAsCompleted,
  type JoinedResults,
  type JoinOptions,
  joinAll,
  joinAny,
  joinSome,
} from './core/join.ts'
export { Local, type LocalOptions } from './core/local.ts'
export { assertSuspends, noSuspend } from './core/no-suspend.ts'
export { type Scope, type ScopeOptions, scope } from './core/scope.ts'
export { sleep, yieldNow } from './core/sleep.ts'
export { spawn, spawnWith } from './core/spawn.ts'
export { type Synced, synced } from './core/synced.ts'
export type { ThreadOptions } from './core/thread-options.ts'
export type { ToPromiseOptions } from './core/thread-promise.ts'
export { type Deadline, shield, withTimeout } from './core/timeout.ts'
export { wait } from './core/wait.ts'
export type { WaitOptions } from './core/wait-options.ts'
export {
  AddonError,
  type AdmissionRefusal,
  AdmissionRefusedError,
  AlreadyRegisteredError,
  AlreadySetError,
  AlreadyStartedError,
  AsyncFunctionError,
  BrokenBarrierError,
  BugError,
  Cancelled,
  type CannotSuspendCode,
  CannotSuspendError,
  CapturedOriginalWarning,
  ChannelClosedError,
  ClientDisconnectedError,
  DeadlockWarning,
  DidNotSuspendError,
  FailingSeedError,
  GreenThreadsError,
  InvalidArgumentError,
  LoadedTwiceError,
  NeverParkedError,
  NotInGreenThreadError,
  NotLockedError,
  NotOwnerError,
  NotParkedError,
  OffloadError,
  type OffloadErrorCode,
  OutOfStacksError,
  OutOfThreadsError,
  OutsideScopeError,
  PatchedTwiceWarning,
  PoolFullError,
  ScopeClosedError,
  StalledError,
  TerminatedError,
  ThreadsLeftError,
  TimedOut,
  TooManyPermitsError,
  TooManyTasksDoneError,
  TypesNotStrippedError,
  WaitOnItselfError,
} from './errors.ts'
export { AsyncResult } from './sync/async-result.ts'
export { Barrier } from './sync/barrier.ts'
export { Channel, type ChannelOptions } from './sync/channel.ts'
export { Condition } from './sync/condition.ts'
export { Event } from './sync/event.ts'
export type { Hold } from './sync/hold.ts'
export type { ItemOrder } from './sync/item-order.ts'
export { Lock } from './sync/lock.ts'
export { type ImapOptions, Pool, type PoolOptions } from './sync/pool.ts'
export { RLock, type RLockHold, type RLockOptions } from './sync/rlock.ts'
export { Semaphore, type SemaphoreOptions } from './sync/semaphore.ts'
export { TaskChannel } from './sync/task-channel.ts'
