import { AsyncResource } from 'node:async_hooks'
import { addon } from './addon.ts'
import {
  enterDomains,
  enterNestedContext,
  hasDomains,
  hasNestedContext,
  leaveDomains,
  leaveNestedContext,
  type NestedContext,
  onCoroutine,
} from './async-context.ts'
import { checkNoForeignStack } from './foreign-stacks.ts'
import { refusal } from './refusal.ts'
import { DEFAULT_STACK_BYTES, stackPool } from './stack-pool.ts'
import { checkStart } from './start-ban.ts'

const { switchTo } = addon

/** What a coroutine does when it goes on. */
const VALUE = 0
const THROW = 1
const REPORT = 2

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

  /** Called on its stack with an error before that is thrown. */
  abstract thrown(error: unknown): void

  /** Called when its stack was ended by termination. */
  abstract terminated(): void
}

/** The coroutine that runs now; undefined on the main stack. */
export let running: Coroutine | undefined

/** The occupant of each stack, by slot. */
const occupants: (Coroutine | undefined)[] = []

/** Every coroutine that has started and not ended. */
export function liveCoroutines(): Coroutine[] {
  return occupants.filter((occupant) => occupant !== undefined)
}

/** Runs a coroutine to its first suspension, with the async context of the caller. */
export function start(coroutine: Coroutine): void {
  prepare(coroutine)
  enter(coroutine, true)
}

/** Continues a suspended coroutine until it suspends again or ends. */
export function resume(coroutine: Coroutine): void {
  enter(coroutine, false)
}

/** Suspends the running coroutine until it is resumed; returns or throws what was put into its inbox. */
export function suspend(): unknown {
  const self = running as Coroutine
  if (self.ban !== 0) throw refuse(self, self.ban)
  const nested = hasNestedContext(self.baseAsyncId)
    ? leaveNestedContext(self.baseAsyncId)
    : undefined
  // As leave() does, without its frame: each one costs every suspended coroutine.
  const { resumer } = self
  running = resumer
  const code = switchTo(resumer === undefined ? 0 : resumer.slot)
  running = self
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
 */
export function transferTo(target: Coroutine): unknown {
  const self = running as Coroutine
  if (self.ban !== 0) throw refuse(self, self.ban)
  const isStart = target.slot === 0
  if (isStart) prepare(target)
  const nested = leaveNestedContext(self.baseAsyncId)
  target.resumer = self.resumer
  target.baseAsyncId = self.baseAsyncId
  running = target
  const code = switchTo(target.slot, isStart)
  if (code < 0) {
    running = self
    if (isStart) discard(target)
  }
  return comeBack(self, nested, code)
}

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
    discardOccupant(lost)
    lost.terminated()
    lost = resumer
  }
}

function prepare(coroutine: Coroutine): void {
  checkNoForeignStack()
  checkStart()
  const slot = stackPool(coroutine.stackBytes).take()
  const resource = new AsyncResource('GREENTHREAD')
  coroutine.slot = slot
  coroutine.resource = resource
  coroutine.asyncId = resource.asyncId()
  occupants[slot] = coroutine
}

function enter(coroutine: Coroutine, isStart: boolean): void {
  const resumer = running
  coroutine.resumer = resumer
  coroutine.baseAsyncId = coroutine.asyncId
  running = coroutine
  const domains = hasDomains() ? leaveDomains() : undefined
  if (isStart) enterDomains(domains)
  const resource = coroutine.resource as AsyncResource
  resource.runInAsyncScope(switchTo, undefined, coroutine.slot, isStart, true)
  running = resumer
  if (domains !== undefined || hasDomains()) enterDomains(domains)
}

function leave(self: Coroutine): number {
  const { resumer } = self
  running = resumer
  const code = switchTo(resumer === undefined ? 0 : resumer.slot)
  // Equal already, unless the switch was refused.
  running = self
  return code
}

function comeBack(self: Coroutine, nested: NestedContext | undefined, code: number): unknown {
  const last = answerReports(self, code)
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
    report = capture()
    last = leave(self)
  }
  return last
}

let report: Error | undefined

const REPORTED_FRAMES = 100

function capture(): Error {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = REPORTED_FRAMES
  const error = new Error('suspended')
  Error.captureStackTrace(error, suspend)
  Error.stackTraceLimit = stackTraceLimit
  return error
}

function refuse(self: Coroutine, code: number): Error {
  self.refused()
  return refusal(code)
}

function discard(coroutine: Coroutine): void {
  const { slot } = coroutine
  discardOccupant(coroutine)
  stackPool(coroutine.stackBytes).release(slot)
}

function discardOccupant(coroutine: Coroutine): void {
  occupants[coroutine.slot] = undefined
  coroutine.slot = 0
  coroutine.resumer = undefined
}

/** The life of a stack: one coroutine after the other, until it is told to end. */
function entry(): void {
  let self: Coroutine | undefined
  let resumer: Coroutine | undefined
  for (;;) {
    self = running as Coroutine
    if (self.baseAsyncId === self.asyncId) self.run()
    else self.resource?.runInAsyncScope(self.run, self) // started by a transfer
    resumer = self.resumer
    discard(self)
    running = resumer
    const next = resumer === undefined ? 0 : resumer.slot
    // An idle stack holds nothing of its last coroutine.
    self = resumer = undefined
    if (switchTo(next) !== 0) return
  }
}

addon.initialize(entry)
onCoroutine(() => running !== undefined)
