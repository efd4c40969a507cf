import { executionAsyncId } from 'node:async_hooks'
import vm from 'node:vm'
import { addon } from './addon.ts'
import { leaveNestedContext } from './async-context.ts'
import { repairAfterTermination, running } from './coroutine.ts'
import { VM_TIMEOUT } from './refusal.ts'

/**
 * `vm` code with `timeout` or `breakOnSigint` is watched by a native thread that terminates whatever
 * runs when the time has come. So nothing may be suspended inside; and a coroutine that was started
 * or resumed inside may have been terminated when the call returns.
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

function guarded(original: AnyFunction): AnyFunction {
  const wrapper: AnyFunction = function (...args) {
    if (!isWatched(args.at(-1))) return Reflect.apply(original, this, args)
    const self = running
    const asyncId = executionAsyncId()
    const ban = self?.ban ?? 0
    if (self !== undefined) self.ban = VM_TIMEOUT
    let isComplete = false
    try {
      const result = Reflect.apply(original, this, args)
      isComplete = true
      return result
    } finally {
      if (!isComplete) addon.renewJoinProtection()
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
