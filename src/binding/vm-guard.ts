import { executionAsyncId } from 'node:async_hooks'
import vm from 'node:vm'
import { addon } from './addon.ts'
import { leaveNestedContext } from './async-context.ts'
import { repairAfterTermination, running } from './coroutine.ts'
import { VM_TIMEOUT } from './refusal.ts'
import { withoutStarts } from './start-ban.ts'

/**
 * `vm` code with `timeout` or `breakOnSigint` is watched by a native thread that terminates whatever
 * runs when the time has come. So nothing may be suspended inside (nor started, with the thread
 * backend); and a coroutine that was started inside may have been terminated when the call returns.
 */
export function guardVm(): void {
  const prototype = vm.Script.prototype as unknown as Record<string, AnyFunction>
  // runInNewContext and the functions of the module end in one of these two.
  for (const name of ['runInContext', 'runInThisContext']) {
    const original = prototype[name] as AnyFunction
    prototype[name] = guarded(original)
  }
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown

interface WatchedOptions {
  timeout?: unknown
  breakOnSigint?: unknown
}

// A termination that arrives while one OS thread hands over to another sleeps with the first: if
// the second never waits, it runs for ever.
const areThreads = addon.backend === 'thread'

/** Contexts in which joins of arrays may be suspended. */
const protectedContexts = new WeakSet<object>()

const joinForever = new vm.Script(
  'suspend => () => { [{ toString: () => { for (;;) suspend() } }].join() }',
)
const { runInContext } = vm.Script.prototype

/** V8 keeps the joins that are under way for each realm; see ProtectJoins() of the native core. */
function protectJoins(context: unknown): void {
  if (typeof context !== 'object' || context === null || protectedContexts.has(context)) return
  // Each costs an OS thread where green threads are OS threads: only when there are any.
  if (areThreads && addon.info().stacks === 0) return
  if (!vm.isContext(context)) return // the original explains
  protectedContexts.add(context)
  addon.protectJoins(runInContext.call(joinForever, context))
}

function guarded(original: AnyFunction): AnyFunction {
  const isInContext = original === runInContext
  const wrapper: AnyFunction = function (...args) {
    if (isInContext) protectJoins(args[0])
    if (!isWatched(args.at(-1))) return Reflect.apply(original, this, args)
    const self = running
    const asyncId = executionAsyncId()
    const ban = self?.ban ?? 0
    if (self !== undefined) self.ban = VM_TIMEOUT
    let isComplete = false
    try {
      const result = areThreads
        ? withoutStarts(VM_TIMEOUT, () => Reflect.apply(original, this, args))
        : Reflect.apply(original, this, args)
      isComplete = true
      return result
    } finally {
      if (!isComplete) {
        addon.renewJoinProtection()
        if (isInContext) protectedContexts.delete(args[0] as object)
      }
      if (running !== self) {
        repairAfterTermination(self)
        leaveNestedContext(asyncId)
      }
      if (self !== undefined) self.ban = ban
    }
  }
  Object.defineProperty(wrapper, 'name', { value: original.name, configurable: true })
  Object.defineProperty(wrapper, 'length', { value: original.length, configurable: true })
  return wrapper
}

function isWatched(options: unknown): boolean {
  if (typeof options !== 'object' || options === null) return false
  const { timeout, breakOnSigint } = options as WatchedOptions
  return timeout !== undefined || Boolean(breakOnSigint)
}
