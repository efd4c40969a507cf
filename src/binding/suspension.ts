import { type AsyncResource, executionAsyncId } from 'node:async_hooks'
import { addon } from './addon.ts'
import {
  enterNestedContext,
  enterScope,
  hasNestedContext,
  leaveContext,
  type NestedContext,
  shareScope,
} from './async-context.ts'
import { type Coroutine, REPORT, THROW, VALUE } from './coroutine.ts'
import { concludeHandOver, handOver, successor } from './hand-over.ts'
import { NATIVE_CALLBACK, refusal } from './refusal.ts'
import { handBack, running, setRunning } from './running.ts'
import { captureStack } from './stack-capture.ts'

const { countsCallbacks, findRefusal, switchTo } = addon

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
  if (code < 0) setRunning(self)
  if (successor !== undefined) concludeHandOver(self, code)
  if (code !== 0 || nested !== undefined || self.mode !== VALUE) {
    return comeBack(self, nested, code)
  }
  const value = self.inbox
  self.inbox = undefined
  return value
}

/**
 * Throws what `suspend()` would throw at this point of the running coroutine, whose state is unchanged.
 * What it lets pass can be suspended again wherever this part of the stack goes on.
 */
export function checkCanSuspend(): void {
  const code = banHere(running as Coroutine) || findRefusal()
  if (code !== 0) throw refusal(code)
}

/** Throws where no part of this stack may be left; the native core has reasons of its own. */
export function checkCanLeave(self: Coroutine): void {
  const code = banHere(self)
  if (code !== 0) throw refuse(self, code)
}

/** Lets the resumer go on. Returns when somebody switches back: 0; or less, at once, where that was refused. */
function leave(self: Coroutine): number {
  const code = switchTo(handBack(self))
  if (code < 0) setRunning(self)
  if (successor !== undefined) concludeHandOver(self, code)
  return code
}

/** The rest of a suspension: puts back the context that was set aside, and returns or throws the inbox. */
export function comeBack(
  self: Coroutine,
  nested: NestedContext | undefined,
  code: number,
): unknown {
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

/** Gives one that was visited a context of its own: it suspends, and its visitor will go on. */
function separate(self: Coroutine, nested: NestedContext | undefined): NestedContext | undefined {
  self.sharedScope = shareScope()
  self.adoptContext()
  if (self.sharedScope === undefined) return nested
  return { scopes: [...(nested?.scopes ?? []), self.sharedScope], domains: nested?.domains }
}

/** What the native core does not know of. */
function banHere(self: Coroutine): number {
  if (self.ban !== 0) return self.ban
  return !countsCallbacks && executionAsyncId() !== self.asyncId ? NATIVE_CALLBACK : 0
}

/** Before the nested context is back, as the thread does not go on yet. */
function answerReports(self: Coroutine, code: number): number {
  let last = code
  while (last === 0 && self.mode === REPORT) {
    self.inbox = captureStack()
    last = leave(self)
  }
  return last
}

function refuse(self: Coroutine, code: number): Error {
  self.refused()
  return refusal(code)
}
