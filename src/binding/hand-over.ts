import type { AsyncResource } from 'node:async_hooks'
import { addon } from './addon.ts'
import type { Coroutine } from './coroutine.ts'
import { running, setRunning } from './running.ts'
import { canReplaceScope, replaceScope } from './scope-replacement.ts'

const { countsCallbacks } = addon

/** Who goes on in place of the running coroutine, until it does. */
export let successor: Coroutine | undefined

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

/**
 * Makes the successor the running coroutine, to whose slot the caller then switches. The scope that the main
 * stack entered becomes its own; see `switchInto` in running.ts.
 */
export function handOver(next: Coroutine): number {
  const resource = next.resource as AsyncResource
  next.resumer = undefined
  next.baseAsyncId = next.asyncId
  replaceScope(resource)
  setRunning(next)
  return next.slot
}

/** In the one that has gone on; or in the one that could not be left. */
export function concludeHandOver(self: Coroutine, code: number): void {
  const next = successor as Coroutine
  successor = undefined
  if (code >= 0) return
  replaceScope(self.resource as AsyncResource)
  next.passedBy()
}
