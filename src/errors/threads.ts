import { GreenThreadsError } from './base.ts'

/** `start()` was called on a green thread that had already started, or that was cancelled before. */
export class AlreadyStartedError extends GreenThreadsError {
  constructor(thread: string, state: string) {
    super(
      'ERR_GT_ALREADY_STARTED',
      `${thread} can't be started: it is ${state}. A green thread runs once; create another one with spawn().`,
    )
  }
}

/** A green thread was to be started in a scope that has ended. */
export class ScopeClosedError extends GreenThreadsError {
  constructor(scope: string) {
    super(
      'ERR_GT_SCOPE_CLOSED',
      `No green thread can be started in ${scope} any more: it has ended, and nothing in it may outlive it.\n` +
        'Start it before the function given to scope() returns, or outside of scopes:  spawn(fn)',
    )
  }
}

/** A green thread was to be started in a scope by somebody who is outside of it. */
export class OutsideScopeError extends GreenThreadsError {
  constructor(scope: string, caller: string) {
    super(
      'ERR_GT_OUTSIDE_SCOPE',
      `A green thread was to be started in ${scope} by ${caller}, which is outside of it: only the thread ` +
        'that opened a scope, and those that descend from it, decide what begins in it.\n' +
        'To let everybody do so while it is open:  scope(fn, { shared: true })',
    )
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

/** The system gave no operating system thread. */
export class OutOfThreadsError extends GreenThreadsError {
  constructor(purpose: string) {
    super(
      'ERR_GT_OUT_OF_THREADS',
      `The system gave no thread for ${purpose}.\n` +
        'Raise the limit of threads (ulimit -u, the pids limit of the container), or end some.',
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

/** An async function was given where a synchronous one belongs. */
export class AsyncFunctionError extends GreenThreadsError {
  constructor(what: string, name: string) {
    const call = name === '' ? 'the function' : `${name}(...)`
    super(
      'ERR_GT_ASYNC_FUNCTION',
      `${what} was given an async function${name === '' ? '' : `, ${name}`}, which async code can call as it is; after its first await ` +
        'it runs on the main stack, where wait() is impossible.\n' +
        `In async code:        await ${call}\n` +
        'In green threads:     toSync(fn)\n' +
        'To wait() inside it:  remove `async`, and write wait(...) instead of `await ...`',
    )
  }
}

/** A function that has to wait, by `mustSuspend` or `assertSuspends()`, returned without having done so. */
export class DidNotSuspendError extends GreenThreadsError {
  constructor(claim: string, withdrawal: string) {
    super(
      'ERR_GT_DID_NOT_SUSPEND',
      `${claim}, but returned without having waited for anything.\n` +
        'Either it did its work with blocking calls, which hold up everything else: use a driver that ' +
        `waits (see synced() and toSync()); or it had nothing to wait for this time: ${withdrawal}.`,
    )
  }
}
