import { AsyncResource, executionAsyncId, executionAsyncResource } from 'node:async_hooks'
import { addon } from './addon.ts'
import {
  enterDomains,
  enterNestedContext,
  enterScope,
  hasDomains,
  hasNestedContext,
  leaveContext,
  leaveDomains,
  leaveNestedContext,
  leaveScope,
  type NestedContext,
  onCoroutine,
  type SharedScope,
  shareScope,
} from './async-context.ts'
import { checkNoForeignStack, hasNoForeignStack } from './foreign-stacks.ts'
import { occupy, vacate } from './occupants.ts'
import { NATIVE_CALLBACK, refusal } from './refusal.ts'
import { canReplaceScope, replaceScope } from './scope-replacement.ts'
import { captureStack } from './stack-capture.ts'
import { DEFAULT_STACK_BYTES, stackPool } from './stack-pool.ts'
import { checkStart, mayStart } from './start-ban.ts'
import { currentStores, exchangeStores } from './stores.ts'

const { countsCallbacks, findRefusal, switchTo } = addon

/** What a coroutine does when it goes on. */
const VALUE = 0
const THROW = 1
const REPORT = 2
/** As a value, of a transfer: its async id may have to be put above that of its resumer. */
const TRANSFER = 3

/**
 * A function call on a stack of its own, which may be suspended in the middle.
 *
 *   created -> started: running <-> suspended -> ended
 *
 * Whoever resumes it (the main stack or another coroutine) waits on its own stack until the coroutine
 * suspends or ends: resumers form a chain that ends on the main stack.
 */
export abstract class Coroutine {
  /** Number of its stack; 0 before it started and after it ended. */
  slot = 0
  /** Who continues when it suspends; undefined stands for the main stack. */
  resumer: Coroutine | undefined = undefined
  inbox: unknown = undefined
  mode: number = VALUE
  asyncId = 0
  /** The async id that its resumer pushed: its own, except after a transfer. */
  baseAsyncId = 0
  resource: AsyncResource | undefined = undefined
  /** The scope in which it was visited, from its first suspension on. */
  sharedScope: SharedScope | undefined = undefined
  stackBytes: number = DEFAULT_STACK_BYTES
  /** Not 0 while something on its stack forbids to suspend it: the code of the refusal. */
  ban = 0

  /** What it goes on with: `suspend()` returns the value ... */
  putValue(value: unknown): void {
    this.mode = VALUE
    this.inbox = value
  }

  /** ... or throws the error. */
  putError(error: unknown): void {
    this.mode = THROW
    this.inbox = error
  }

  /** The body. Runs on the coroutine's stack and must not throw. */
  abstract run(): void

  /** Called on its stack when a suspension was refused, before the error is thrown. */
  abstract refused(): void

  /** Called when it was to go on in place of another one, whose suspension was refused. */
  passedBy(): void {}

  /** Called on its stack with an error before that is thrown. */
  abstract thrown(error: unknown): void

  /** Called when its stack was ended by termination. */
  abstract terminated(): void
}

/** The coroutine that runs now; undefined on the main stack. */
export let running: Coroutine | undefined

/** Runs a coroutine to its first suspension, with the async context of the caller. */
export function start(coroutine: Coroutine): void {
  prepare(coroutine)
  enter(coroutine, true)
}

/**
 * Continues a suspended coroutine until it suspends again or ends.
 *
 * @param isContextCarried it goes on with the async context of its resource; see `adoptContext`.
 */
export function resume(coroutine: Coroutine, isContextCarried: boolean = false): void {
  enter(coroutine, isContextCarried)
}

/** Gives a suspended coroutine the async context of the caller, for it to be carried there. */
export function adoptContext(coroutine: Coroutine): void {
  const resource = new AsyncResource('GREENTHREAD')
  coroutine.resource = resource
  coroutine.asyncId = resource.asyncId()
}

/** False where `visit()` throws. */
export function canVisit(): boolean {
  return mayStart() && hasNoForeignStack()
}

/**
 * Starts or continues a coroutine that has no async resource: it runs in the context of the caller, and
 * gets a resource of its own when it suspends.
 */
export function visit(coroutine: Coroutine): void {
  if (coroutine.slot === 0) takeStack(coroutine)
  const resumer = running
  coroutine.resource = undefined
  coroutine.sharedScope = undefined
  coroutine.resumer = resumer
  coroutine.asyncId = executionAsyncId()
  coroutine.baseAsyncId = coroutine.asyncId
  running = coroutine
  const stores = currentStores()
  const domains = hasDomains() ? leaveDomains() : undefined
  enterDomains(domains)
  switchTo(coroutine.slot, true, true)
  running = resumer
  // At the end of a visit stores and domains are as the function has left them, as after any call.
  if (coroutine.resource === undefined) return
  if (stores !== undefined) exchangeStores(executionAsyncResource(), stores)
  if (domains !== undefined || hasDomains()) enterDomains(domains)
}

/** To be called at the end of a coroutine that was visited and has suspended since. */
export function leaveOwnScope(self: Coroutine): void {
  leaveNestedContext(self.baseAsyncId, self.sharedScope)
}

/** Ends a visit; returns at the next one. False when this stack can't be left now. */
export function rest(): boolean {
  return leave(running as Coroutine) === 0
}

/**
 * Throws what `suspend()` would throw at this point of the running coroutine, whose state is unchanged.
 * What it lets pass can be suspended again wherever this part of the stack goes on.
 */
export function checkCanSuspend(): void {
  const code = banHere(running as Coroutine) || findRefusal()
  if (code !== 0) throw refusal(code)
}

/**
 * Suspends the running coroutine until it is resumed; returns or throws what was put into its inbox. Its
 * resumer goes on, or the one that `continueNext` named.
 */
export function suspend(): unknown {
  const self = running as Coroutine
  checkCanLeave(self)
  let nested = hasNestedContext(self.baseAsyncId)
    ? leaveContext(self.asyncId, self.baseAsyncId, self.sharedScope)
    : undefined
  if (self.resource === undefined) nested = separate(self, nested)
  // As leave() does, without its frame: each one costs every suspended coroutine.
  const code = switchTo(successor === undefined ? handBack(self) : handOver(successor))
  running = self
  if (successor !== undefined) concludeHandOver(self, code)
  if (code !== 0 || nested !== undefined || self.mode !== VALUE) {
    return comeBack(self, nested, code)
  }
  const value = self.inbox
  self.inbox = undefined
  return value
}

/**
 * Suspends the running coroutine and continues (or starts) another one in its place: that one now
 * returns to the resumer of the first.
 *
 * @param isContextCarried it goes on with the async context of the caller, as one that starts does.
 */
export function transferTo(target: Coroutine, isContextCarried: boolean = false): unknown {
  const self = running as Coroutine
  checkCanLeave(self)
  const isStart = target.slot === 0
  if (isStart) prepare(target)
  const nested = leaveContext(self.asyncId, self.baseAsyncId, self.sharedScope)
  replace(self, target)
  running = target
  const code = switchTo(target.slot, isStart || isContextCarried)
  if (code < 0) {
    running = self
    if (isStart) discard(target)
  } else {
    successor = undefined // as in leave()
  }
  return comeBack(self, nested, code)
}

/**
 * The running coroutine is about to end: another one will then go on (or start) in its place, instead
 * of its resumer.
 */
export function endWith(successor: Coroutine, isContextCarried: boolean = false): void {
  const isStart = successor.slot === 0
  if (isStart) prepare(successor)
  heir = successor
  isHeirCarrying = isStart || isContextCarried
}

/** Whether a coroutine runs which the main stack resumed, so that it may name one to go on in its place. */
export function canContinueNext(self: Coroutine): boolean {
  const isResumedByMain = self === running && self.resumer === undefined
  const isInOwnScope = countsCallbacks && self.baseAsyncId === self.asyncId
  return isResumedByMain && isInOwnScope && self.ban === 0 && canReplaceScope()
}

/**
 * The running coroutine, which the main stack resumed, is about to suspend by `suspend()` or to end:
 * another one, which is suspended, then goes on in its place.
 */
export function continueNext(next: Coroutine): void {
  successor = next
}

let successor: Coroutine | undefined

let heir: Coroutine | undefined
let isHeirCarrying = false

/** The stack trace of a suspended coroutine: it is continued for a moment to take its own. */
export function stackTrace(coroutine: Coroutine): string {
  const { mode } = coroutine
  coroutine.mode = REPORT
  enter(coroutine, false)
  coroutine.mode = mode
  const stack = report?.stack ?? ''
  report = undefined
  return stack
}

/** Makes the state right again after the code above `survivor` was ended by termination. */
export function repairAfterTermination(survivor: Coroutine | undefined): void {
  let lost = running
  running = survivor
  while (lost !== undefined && lost !== survivor) {
    const { resumer } = lost
    vacate(lost)
    lost.terminated()
    lost = resumer
  }
}

/** Gives one that was visited a context of its own: it suspends, and its visitor will go on. */
function separate(self: Coroutine, nested: NestedContext | undefined): NestedContext | undefined {
  self.sharedScope = shareScope()
  adoptContext(self)
  if (self.sharedScope === undefined) return nested
  return { scopes: [...(nested?.scopes ?? []), self.sharedScope], domains: nested?.domains }
}

function prepare(coroutine: Coroutine): void {
  takeStack(coroutine)
  adoptContext(coroutine)
}

function takeStack(coroutine: Coroutine): void {
  checkNoForeignStack()
  checkStart()
  occupy(stackPool(coroutine.stackBytes).take(), coroutine)
}

/** `target` returns to the resumer of `self` from now on. */
function replace(self: Coroutine, target: Coroutine): void {
  target.resumer = self.resumer
  target.baseAsyncId = self.baseAsyncId
  if (target.mode === VALUE) target.mode = TRANSFER
}

function enter(coroutine: Coroutine, isContextCarried: boolean): void {
  const resumer = running
  coroutine.resumer = resumer
  coroutine.baseAsyncId = coroutine.asyncId
  running = coroutine
  const domains = hasDomains() ? leaveDomains() : undefined
  if (isContextCarried) enterDomains(domains)
  const resource = coroutine.resource as AsyncResource
  resource.runInAsyncScope(switchInto, undefined, coroutine.slot, isContextCarried, resource)
  // Suspended for long it would keep its resumer, which may be over by then.
  coroutine.resumer = undefined
  running = resumer
  if (domains !== undefined || hasDomains()) enterDomains(domains)
}

function switchInto(slot: number, isContextCarried: boolean, resource: AsyncResource): void {
  switchTo(slot, isContextCarried, true)
  // Others may have gone on in its place, the last of which has come back.
  if (executionAsyncId() !== resource.asyncId()) replaceScope(resource)
}

function checkCanLeave(self: Coroutine): void {
  const code = banHere(self)
  if (code !== 0) throw refuse(self, code)
}

/** What the native core does not know of. */
function banHere(self: Coroutine): number {
  if (self.ban !== 0) return self.ban
  return !countsCallbacks && executionAsyncId() !== self.asyncId ? NATIVE_CALLBACK : 0
}

function leave(self: Coroutine): number {
  const code = switchTo(handBack(self))
  // Equal already, unless the switch was refused.
  running = self
  // It may have been handed over to.
  if (code >= 0) successor = undefined
  return code
}

/** The slot of the resumer, without leaving that itself in the frame of the one that is suspended. */
function handBack(self: Coroutine): number {
  const { resumer } = self
  running = resumer
  return resumer === undefined ? 0 : resumer.slot
}

/** The scope that the main stack entered becomes that of the successor; see `switchInto`. */
function handOver(next: Coroutine): number {
  const resource = next.resource as AsyncResource
  next.resumer = undefined
  next.baseAsyncId = next.asyncId
  replaceScope(resource)
  running = next
  return next.slot
}

/** In the one that has gone on; or in the one that could not be left. */
function concludeHandOver(self: Coroutine, code: number): void {
  const next = successor as Coroutine
  successor = undefined
  if (code >= 0) return
  replaceScope(self.resource as AsyncResource)
  next.passedBy()
}

function comeBack(self: Coroutine, nested: NestedContext | undefined, code: number): unknown {
  const last = answerReports(self, code)
  if (self.baseAsyncId !== self.asyncId) enterScope(self.resource as AsyncResource)
  if (nested !== undefined) enterNestedContext(nested)
  if (last < 0) throw refuse(self, last)
  const { mode, inbox } = self
  self.mode = VALUE
  self.inbox = undefined
  if (mode !== THROW) return inbox
  self.thrown(inbox)
  throw inbox
}

/** Before the nested context is back, as the thread does not go on yet. */
function answerReports(self: Coroutine, code: number): number {
  let last = code
  while (last === 0 && self.mode === REPORT) {
    report = captureStack()
    last = leave(self)
  }
  return last
}

let report: Error | undefined

function refuse(self: Coroutine, code: number): Error {
  self.refused()
  return refusal(code)
}

function discard(coroutine: Coroutine): void {
  const { slot } = coroutine
  vacate(coroutine)
  stackPool(coroutine.stackBytes).release(slot)
}

/** The life of a stack: one coroutine after the other, until it is told to end. */
function entry(): void {
  let self: Coroutine | undefined
  for (;;) {
    self = running as Coroutine
    self.mode = VALUE
    if (self.baseAsyncId !== self.asyncId) enterScope(self.resource as AsyncResource)
    self.run()
    const isContextCarried = isHeirCarrying
    const slot = end(self)
    // An idle stack holds nothing of its last coroutine.
    self = undefined
    if (switchTo(slot, isContextCarried, false, true) !== 0) return
  }
}

/** Lets go of a coroutine that has run; returns the slot of whoever goes on. */
function end(self: Coroutine): number {
  if (successor !== undefined) {
    const slot = handOver(successor)
    successor = undefined
    discard(self)
    return slot
  }
  if (self.baseAsyncId !== self.asyncId) leaveScope(self.asyncId)
  if (heir !== undefined) replace(self, heir)
  running = heir ?? self.resumer
  heir = undefined
  isHeirCarrying = false
  discard(self)
  return running === undefined ? 0 : running.slot
}

addon.initialize(entry)
onCoroutine(() => running !== undefined)
