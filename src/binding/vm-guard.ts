import { executionAsyncId } from 'node:async_hooks'
import vm from 'node:vm'
import { addon } from './addon.ts'
import { leaveNestedContext } from './async-context.ts'
import { VM_TIMEOUT } from './refusal.ts'
import { repairAfterTermination, running } from './running.ts'
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

/** Contexts, and the `Function` of realms, in which joins of arrays may be suspended; none is kept alive. */
const protectedRealms = new WeakSet<object>()
const weakRealms = new Set<WeakRef<object>>()
const registry = new FinalizationRegistry<WeakRef<object>>((gone) => weakRealms.delete(gone))

const joinForever = 'suspend => () => { [{ toString: () => { for (;;) suspend() } }].join() }'
const joinScript = new vm.Script(joinForever)
const functionScript = new vm.Script('Function')
const { runInContext } = vm.Script.prototype

type Realm = object | FunctionConstructor
type JoinForever = (suspend: () => void) => () => void

/** V8 keeps the joins that are under way for each realm; see ProtectJoins() of the native core. */
function protectJoins(context: unknown): void {
  if (typeof context !== 'object' || context === null || protectedRealms.has(context)) return
  // Each costs an OS thread where green threads are OS threads: only when there are any.
  if (areThreads && addon.info().stacks === 0) return
  if (!vm.isContext(context)) return // the original explains
  protectRealm(context)
  const own: unknown = runInContext.call(functionScript, context)
  if (typeof own === 'function') protectedRealms.add(own)
}

/** The same in the realm of a function, which may be that of a context from before this module was loaded. */
export function protectJoinsOf(fn: object): void {
  const own = functionOfRealm(fn)
  if (own !== undefined && !protectedRealms.has(own)) protectRealm(own)
}

/** The one at the end of the chain of prototypes, which async functions have, too. */
function functionOfRealm(fn: object): FunctionConstructor | undefined {
  let last: object = fn
  for (let next = fn; ; ) {
    const above: object | null = Object.getPrototypeOf(next)
    if (above === null) break
    last = next
    next = above
  }
  const made: unknown = Object.getOwnPropertyDescriptor(last, 'constructor')?.value
  return typeof made === 'function' ? (made as FunctionConstructor) : undefined
}

function protectRealm(realm: Realm): void {
  protectedRealms.add(realm)
  const join = joinOf(realm)
  if (join === undefined) return
  const reference = new WeakRef(realm)
  weakRealms.add(reference)
  registry.register(realm, reference)
  addon.protectJoins(join)
}

/** Undefined where code may not be made of strings: docs/limits.md. */
function joinOf(realm: Realm): JoinForever | undefined {
  if (typeof realm !== 'function') return runInContext.call(joinScript, realm as vm.Context)
  try {
    return (realm as FunctionConstructor)(`return ${joinForever}`)()
  } catch (error) {
    if ((error as Error | undefined)?.name === 'EvalError') return undefined
    throw error
  }
}

/** After a termination, in which functions of any context may have been under way. */
function renewJoinProtection(): void {
  addon.renewJoinProtection()
  for (const reference of weakRealms) {
    const realm = reference.deref()
    const join = realm && joinOf(realm)
    if (join !== undefined) addon.protectJoins(join)
  }
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
      if (!isComplete) renewJoinProtection()
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
