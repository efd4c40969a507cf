import { GreenThreadsError } from './base.ts'

/** Something that suspends was called outside a green thread. */
export class NotInGreenThreadError extends GreenThreadsError {
  constructor(what: string, inAsyncCode = 'await promise') {
    super(
      'ERR_GT_NOT_IN_GREEN_THREAD',
      `${what} was called on the main stack, which must stay free to run the event loop.\n` +
        'Callbacks of timers, events and promises, and async functions after their first await, run there.\n' +
        `Run the code in a green thread:  spawn(() => ${what.endsWith(')') ? what.replace(/\(\)$/, '(...)') : what})\n` +
        `or, in async code:               ${inAsyncCode}\n` +
        'or let every function wait:      node --import greenthreads/register app.js',
    )
  }
}

/** Why this green thread could not be suspended at this point. */
export type CannotSuspendCode =
  | 'ERR_GT_CANNOT_SUSPEND_JSON_STRINGIFY'
  | 'ERR_GT_CANNOT_SUSPEND_MICROTASKS_SCOPE'
  | 'ERR_GT_CANNOT_SUSPEND_MICROTASK_CHECKPOINT'
  | 'ERR_GT_CANNOT_SUSPEND_NATIVE_CALLBACK'
  | 'ERR_GT_CANNOT_SUSPEND_WASM_PROMISING'
  | 'ERR_GT_CANNOT_SUSPEND_NODE_API'
  | 'ERR_GT_CANNOT_SUSPEND_JSPI'
  | 'ERR_GT_CANNOT_SUSPEND_VM_TIMEOUT'
  | 'ERR_GT_CANNOT_SUSPEND_EXITING'
  | 'ERR_GT_CANNOT_SUSPEND_NO_SUSPEND'

/** A green thread tried to suspend (or to start another one) where the engine's state can't be set aside. */
export class CannotSuspendError extends GreenThreadsError {
  declare readonly code: CannotSuspendCode

  constructor(code: CannotSuspendCode, where: string, why: string, instead: string) {
    super(code, `A green thread can't be suspended ${where}: ${why}\n${instead}`)
  }
}

/**
 * Thrown at the suspension point of a cancelled green thread. `cause` is the reason given to
 * `cancel(reason)`. Let it pass: a thread that swallows it gets it again at its next suspension.
 */
export class Cancelled extends GreenThreadsError {
  constructor(thread: string, reason?: unknown) {
    const why =
      reason instanceof Error ? reason.message : reason === undefined ? '' : String(reason)
    super(
      'ERR_GT_CANCELLED',
      `${thread} was cancelled${why === '' ? '' : `: ${why}`}`,
      reason === undefined ? undefined : { cause: reason },
    )
  }
}

/** A deadline passed: that of `withTimeout`, of `join(timeoutMs)` or of another wait with a limit. */
export class TimedOut extends GreenThreadsError {
  /** The limit that was exceeded. */
  readonly timeoutMs: number

  constructor(what: string, timeoutMs: number) {
    super('ERR_GT_TIMED_OUT', `${what} did not finish within ${timeoutMs} ms`)
    this.timeoutMs = timeoutMs
  }
}

/** A green thread was told to wait for its own end, which would never come. */
export class WaitOnItselfError extends GreenThreadsError {
  constructor(thread: string) {
    super(
      'ERR_GT_WAIT_ON_ITSELF',
      `${thread} waits for its own end, which would never come.\n` +
        'Join it from another green thread, or with `await thread` in async code.',
    )
  }
}

/** `unpark()` was called on a green thread that is not parked by `park()`, or that is woken already. */
export class NotParkedError extends GreenThreadsError {
  constructor(thread: string, state: string) {
    super(
      'ERR_GT_NOT_PARKED',
      `${thread} can't be unparked: it is ${state}, not parked by park().\n` +
        'Each park() is ended by exactly one unpark(); forget the thread when you have woken it, or when its ' +
        'onAbandon callback ran.',
    )
  }
}

/** The loop ended while green threads were suspended. A warning: it is emitted, not thrown. */
export class DeadlockWarning extends GreenThreadsError {
  constructor(stacks: readonly string[]) {
    const [one, threads] = stacks.length === 1 ? ['', 'green thread'] : ['s', 'green threads']
    super(
      'ERR_GT_DEADLOCK',
      `The event loop ended while ${stacks.length} ${threads} waited for something that can no longer ` +
        `happen. The stack${one} of the suspended ${threads}:\n\n${stacks.join('\n\n')}`,
    )
    this.stack = `${this.name}: ${this.message}`
  }
}
