import { GreenThreadsError } from './base.ts'

/** Something was done that needs a lock to be held, and nobody holds it. */
export class NotLockedError extends GreenThreadsError {
  constructor(call: string) {
    super(
      'ERR_GT_NOT_LOCKED',
      `${call} was called while nobody holds the lock: it was released twice, or never acquired.\n` +
        'Let the block that needs it own it:  using hold = lock.hold()',
    )
  }
}

/** Something was done that only the owner of a reentrant lock may do. */
export class NotOwnerError extends GreenThreadsError {
  constructor(call: string, caller: string, owner: string) {
    super(
      'ERR_GT_NOT_OWNER',
      `${call} was called by ${caller}, but the lock is owned by ${owner}.\n` +
        'Each owner releases it as often as it acquired it:  using hold = rlock.hold()\n' +
        'Async code is given a hold, which is the owner:     using hold = await rlock.holdAsync()',
    )
  }
}

/** A semaphore with a bound was released more often than it was acquired. */
export class TooManyPermitsError extends GreenThreadsError {
  constructor(permits: number, maxPermits: number) {
    super(
      'ERR_GT_TOO_MANY_PERMITS',
      `The semaphore would have ${permits} permits, but has at most ${maxPermits}: one was released twice.\n` +
        'Let the block that needs a permit own it:  using permit = semaphore.hold()',
    )
  }
}

/** An `AsyncResult` was set that had been set before. */
export class AlreadySetError extends GreenThreadsError {
  constructor(call: string, state: string) {
    super(
      'ERR_GT_ALREADY_SET',
      `${call} was called on a result that has ${state === 'error' ? 'an error' : 'a value'} already, ` +
        'so nobody would ever see the new one.\n' +
        'Where several may be the first, ask:  if (!result.isReady) result.set(value)',
    )
  }
}

/** A barrier was aborted, reset, or left by one of its parties, so that not all can meet. */
export class BrokenBarrierError extends GreenThreadsError {
  constructor(why: string, cause: unknown) {
    super(
      'ERR_GT_BROKEN_BARRIER',
      `Not all parties can meet at the barrier: ${why}.\n` +
        'When all of them know of it, reset() makes it usable again.',
      cause === undefined ? undefined : { cause },
    )
  }
}

/** A channel was sent to, or received from, after it was closed. `cause` is what `close(cause)` was given. */
export class ChannelClosedError extends GreenThreadsError {
  constructor(call: string, cause?: unknown) {
    const why = cause instanceof Error ? cause.message : cause === undefined ? '' : String(cause)
    super(
      'ERR_GT_CHANNEL_CLOSED',
      `${call} on a channel that is closed${why === '' ? '' : `: ${why}`}.\n` +
        'Receive with `for (const item of channel)`, which ends when the channel is closed; close it when the ' +
        'last sender has finished.',
      cause === undefined ? undefined : { cause },
    )
  }
}

/** `taskDone()` was called more often than items were received. */
export class TooManyTasksDoneError extends GreenThreadsError {
  constructor() {
    super(
      'ERR_GT_TOO_MANY_TASKS_DONE',
      'channel.taskDone() was called although every item that was sent is done already.\n' +
        'Call it once for each item that was received, when the work on it has ended.',
    )
  }
}

/** A pool has no place for another call, and may not let it wait (any longer). */
export class PoolFullError extends GreenThreadsError {
  constructor(pool: string, size: number, waiting: number, waitedMs?: number) {
    const what =
      waitedMs === undefined
        ? `all ${size} places are taken, and ${waiting} calls wait already`
        : `no place came free within ${waitedMs} ms`
    super(
      'ERR_GT_POOL_FULL',
      `${pool} is full: ${what}.\n` +
        'Tell the caller to come again later (a server answers 429), or create the pool with more places, a ' +
        'greater maxWaiting or a longer maxWaitMs.',
    )
  }
}
