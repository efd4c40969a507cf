import { BugError, CannotSuspendError, type GreenThreadsError } from '../errors.ts'

/** Set by us: in an async scope that may be a callback of native code, where those are not counted. */
export const NATIVE_CALLBACK = -4

/** Set by us: inside a WebAssembly call made through `WebAssembly.promising`. */
export const WASM_PROMISING = -5

/** Set by us: a WebAssembly call is suspended. */
export const JSPI = -7

/** Set by us, next to the codes of the addon: inside `vm` code with a time limit. */
export const VM_TIMEOUT = -100

/** Set by us: the process exits. */
export const EXITING = -101

/** Set by us: inside `noSuspend()`. */
export const NO_SUSPEND = -102

/** The error for a negative return code of `switchTo()`. */
export function refusal(code: number): GreenThreadsError {
  switch (code) {
    case -1:
      return new CannotSuspendError(
        'ERR_GT_CANNOT_SUSPEND_JSON_STRINGIFY',
        'inside JSON.stringify',
        'on this version of Node.js a toJSON(), a getter or a replacer that waits would make V8 abort.',
        'Collect what has to be waited for before you call JSON.stringify, or run on Node.js 24 or newer.',
      )
    case -2:
      return new CannotSuspendError(
        'ERR_GT_CANNOT_SUSPEND_MICROTASKS_SCOPE',
        "inside a native microtasks scope (such as the debugger's evaluate)",
        'the microtasks of the whole program would stop until it is resumed.',
        'Call spawn(() => ...) in a callback of a timer instead of waiting there.',
      )
    case -3:
      return new CannotSuspendError(
        'ERR_GT_CANNOT_SUSPEND_MICROTASK_CHECKPOINT',
        'inside microtasks which it runs itself (vm code with microtaskMode "afterEvaluate")',
        'the queue would never be finished.',
        'Wait after the vm code has returned, or create the context without microtaskMode.',
      )
    case NATIVE_CALLBACK:
      return new CannotSuspendError(
        'ERR_GT_CANNOT_SUSPEND_NATIVE_CALLBACK',
        'inside an async scope that is not its own, such as a callback which native code called from within it',
        'this build of Node.js does not show how many of those are open, and if it is one, ticks and microtasks would stop until it is resumed.',
        'Start another green thread in there:  spawn(() => wait(promise))',
      )
    case WASM_PROMISING:
      return new CannotSuspendError(
        'ERR_GT_CANNOT_SUSPEND_WASM_PROMISING',
        'inside a JavaScript import called through WebAssembly.promising',
        'that call runs on a stack which belongs to V8.',
        'Wrap the import in WebAssembly.Suspending and return the promise, ' +
          'or call the export without WebAssembly.promising.',
      )
    case -6:
      return new CannotSuspendError(
        'ERR_GT_CANNOT_SUSPEND_NODE_API',
        'inside a function that a Node-API addon calls back',
        'the addon holds handles open, which must be closed in the reverse order in which they were opened.',
        'Let the callback of the addon return and wait afterwards, or start another green thread in it.',
      )
    case JSPI:
      return new CannotSuspendError(
        'ERR_GT_CANNOT_SUSPEND_JSPI',
        'while a call made through WebAssembly.promising is under way, nor can such a call be made while there are green threads',
        'V8 does not keep its own stacks and ours apart.',
        'Make such calls in a worker, where no green threads are:  new Worker(file)',
      )
    case VM_TIMEOUT:
      return new CannotSuspendError(
        'ERR_GT_CANNOT_SUSPEND_VM_TIMEOUT',
        'inside vm code that has a timeout or breakOnSigint',
        'the time limit would end whatever runs when it passes, not that code.',
        'Limit the time from outside instead:  withTimeout(ms, () => script.runInContext(context))',
      )
    case EXITING:
      return new CannotSuspendError(
        'ERR_GT_CANNOT_SUSPEND_EXITING',
        "in a listener of the process's event `exit`",
        'the process ends when the listeners have returned.',
        'Wait before you call process.exit(), or in a listener of `beforeExit`.',
      )
    case NO_SUSPEND:
      return new CannotSuspendError(
        'ERR_GT_CANNOT_SUSPEND_NO_SUSPEND',
        'inside noSuspend()',
        'the code there relies on nothing else running meanwhile.',
        'Take what waits out of it; or, if others may run in between, protect the data with a Lock.',
      )
    default:
      return new BugError(`The native core refused to switch stacks with the unknown code ${code}`)
  }
}
