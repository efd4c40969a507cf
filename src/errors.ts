/** What every error of this library has in common: a stable `code` to switch on. */
export abstract class GreenThreadsError extends Error {
  /** Stable identifier, listed in docs/errors.md. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    // Not enumerable, as on built-in errors.
    Object.defineProperty(this, 'name', {
      value: new.target.name,
      configurable: true,
      writable: true,
    })
  }
}

/** Something that suspends was called outside a green thread. */
export class NotInGreenThreadError extends GreenThreadsError {
  constructor(what: string, inAsyncCode = 'await promise') {
    super(
      'ERR_GT_NOT_IN_GREEN_THREAD',
      `${what} was called on the main stack, which must stay free to run the event loop.\n` +
        'Callbacks of timers, events and promises, and async functions after their first await, run there.\n' +
        `Run the code in a green thread:  spawn(() => ${what.endsWith(')') ? what.replace(/\(\)$/, '(...)') : what})\n` +
        `or, in async code:               ${inAsyncCode}`,
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

/** `start()` was called on a green thread that had already started, or that was cancelled before. */
export class AlreadyStartedError extends GreenThreadsError {
  constructor(thread: string, state: string) {
    super(
      'ERR_GT_ALREADY_STARTED',
      `${thread} can't be started: it is ${state}. A green thread runs once; create another one with spawn().`,
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

/** The reason (`cause`) of a cancellation because a request's client went away before its response was complete. */
export class ClientDisconnectedError extends GreenThreadsError {
  constructor() {
    super(
      'ERR_GT_CLIENT_DISCONNECTED',
      'The client closed the connection before the response was complete, so nobody waits for it any more.\n' +
        'Work that must be done all the same belongs into shield(), or into a green thread of its own; ' +
        '`cancelOnDisconnect: false` turns this off.',
    )
  }
}

/** The Fastify plugin was registered where it works already. */
export class AlreadyRegisteredError extends GreenThreadsError {
  constructor() {
    super(
      'ERR_GT_ALREADY_REGISTERED',
      'The plugin greenthreads is registered on this Fastify instance, or on one above it, already.\n' +
        'Register it once, on the instance whose routes shall run in green threads, before everything else.',
    )
  }
}

/** An argument is of the wrong type or out of range. */
export class InvalidArgumentError extends GreenThreadsError {
  constructor(name: string, expected: string, actual: unknown) {
    super('ERR_GT_INVALID_ARGUMENT', `${name} must be ${expected}, got ${describe(actual)}`)
  }
}

/** No memory (or no operating system thread) is left for another stack. */
export class OutOfStacksError extends GreenThreadsError {
  constructor(liveStacks: number, stackBytes: number, cause: unknown) {
    super(
      'ERR_GT_OUT_OF_STACKS',
      `No stack of ${stackBytes} bytes could be created for another green thread; ${liveStacks} exist now.\n` +
        'Limit how many run at once (a semaphore or a pool), or raise the limit of the system ' +
        '(address space, threads per process).',
      { cause },
    )
  }
}

/** The stack of a green thread was ended from outside, for example by the `timeout` of `vm` code around it. */
export class TerminatedError extends GreenThreadsError {
  constructor(thread: string) {
    super(
      'ERR_GT_TERMINATED',
      `${thread} was ended in the middle, without its finally blocks, by the timeout of the vm code that ` +
        'started or resumed it.',
    )
  }
}

/** The native addon could not be found or loaded. */
export class AddonError extends GreenThreadsError {
  constructor(
    code: 'ERR_GT_ADDON_NOT_FOUND' | 'ERR_GT_ADDON_FAILED',
    message: string,
    cause?: unknown,
  ) {
    super(code, message, { cause })
  }
}

/** Another copy of this library is loaded already. */
export class LoadedTwiceError extends GreenThreadsError {
  constructor(first: string, second: string) {
    super(
      'ERR_GT_LOADED_TWICE',
      `greenthreads is loaded already, from\n  ${first}\nand now again, from\n  ${second}\n` +
        'Two copies can not share one thread of Node.js. Let all packages use one version (npm ls ' +
        'greenthreads, npm dedupe); test runners that load modules anew for each file must run each ' +
        'file in a process or worker of its own.',
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

/** Our own fault. */
export class BugError extends GreenThreadsError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_GT_BUG', `${message}. This is a bug in greenthreads: please report it.`, options)
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function') return `a function ${value.name}`.trimEnd()
  if (typeof value === 'object' && value !== null) return `an object of class ${className(value)}`
  return String(value)
}

function className(value: object): string {
  const made: unknown = value.constructor
  return typeof made === 'function' && made.name !== '' ? made.name : 'Object'
}
