import { createHook, executionAsyncResource } from 'node:async_hooks'
import { addon } from '../binding/addon.ts'
import { running } from '../binding/running.ts'
import { type Callback, type CallbackFiber, callApart, canRunApart, runApart } from './callback.ts'

const NO_ARGS: readonly unknown[] = []

/**
 * Lets ticks and microtasks, the continuations of async functions among them, run where they may wait: at the
 * same moments and in the same order as before.
 *
 * @throws Error where this build of Node.js does not allow it.
 */
export function takeOverTicks(): void {
  addon.runTicks(() => (running === undefined ? runTicks() : tickCallback()))
}

/**
 * Runs the ticks and microtasks that are there where they may wait. Does nothing in a green thread or in a
 * callback that may wait: whoever runs it will do so.
 */
export function runTicks(): void {
  if (running !== undefined) return
  if (!canRunApart()) {
    tickCallback()
    return
  }
  let finished: CallbackFiber | undefined
  while (finished === undefined) finished = runApart(tickCallback, undefined, NO_ARGS)
  finished.takeResult()
}

const tickCallback = (process as unknown as { _tickCallback: () => void })._tickCallback

/** Node's own class of ES modules; undefined in a build of Node.js that does not give it. */
export function moduleClass(): unknown {
  return addon.moduleClass()
}

/**
 * Lets the callbacks that native code makes, of files, sockets, child processes, workers and so on, run where
 * they may wait. Each has a stack of its own, so that native code goes on at once when one waits.
 *
 * @throws Error where this build of Node.js does not allow it.
 */
export function takeOverNativeCallbacks(): void {
  const { setCallbackTrampoline } = addon
  if (setCallbackTrampoline === undefined) {
    throw new Error('this build of Node does not export node::AsyncWrap::SetCallbackTrampoline')
  }
  // Whoever asks for the resource of a callback lets Node.js call the trampoline from then on.
  executionAsyncResource()
  setCallbackTrampoline(callFromNativeCode)
  // Node.js sets its own, or none, when a hook is enabled or disabled.
  const switches = Object.getPrototypeOf(createHook({})) as Record<
    'enable' | 'disable',
    () => object
  >
  for (const name of ['enable', 'disable'] as const) {
    const original = switches[name]
    switches[name] = function () {
      const result = Reflect.apply(original, this, NO_ARGS)
      setCallbackTrampoline(callFromNativeCode)
      return result
    }
  }
}

/** Does what Node's own function in this place does, and lets the callback wait. */
function callFromNativeCode(
  this: unknown,
  asyncId: number,
  _resource: object,
  callback: Callback,
  ...args: unknown[]
): unknown {
  if (asyncId === 0) return callInDomain(callback, this as { domain?: Domain } | undefined, args)
  if (hooks === undefined || hooks[BEFORE] !== 0) addon.emitBefore(asyncId)
  // What an HTTP parser calls reaches code of users by events alone, which have stacks of their own.
  const result = isParser(this)
    ? Reflect.apply(callback, this, args)
    : callApart(callback, this, args)
  if (hooks === undefined || hooks[AFTER] !== 0) addon.emitAfter(asyncId)
  return result
}

/** How many hooks want to be told. */
const hooks = addon.asyncHooks
const BEFORE = 1
const AFTER = 2

/** Known from its first callback on: its module costs time to load, and a name costs time to read. */
let parserClass: unknown

function isParser(receiver: unknown): boolean {
  const made = (receiver as object | undefined)?.constructor
  if (parserClass === undefined && made?.name === 'HTTPParser') parserClass = made
  return made !== undefined && made === parserClass
}

interface Domain {
  enter(): void
  exit(): void
}

/** Of a callback without async context. */
function callInDomain(
  callback: Callback,
  receiver: { domain?: Domain } | undefined,
  args: readonly unknown[],
): unknown {
  const domain = receiver?.domain
  domain?.enter()
  const result = isPhase(callback)
    ? Reflect.apply(callback, receiver as object, args)
    : callApart(callback, receiver, args)
  domain?.exit()
  return result
}

/** Known from its first call on. */
let processImmediate: Callback | undefined

/**
 * Whether it is Node's own function that calls one immediate after the other. It stays on the main stack, as
 * each immediate has a stack of its own: one that waits must not hold up those after it.
 */
function isPhase(callback: Callback): boolean {
  if (processImmediate === undefined && callback.name === 'processImmediate') {
    processImmediate = callback
  }
  return callback === processImmediate
}
