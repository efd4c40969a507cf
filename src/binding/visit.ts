import { executionAsyncId, executionAsyncResource } from 'node:async_hooks'
import { addon } from './addon.ts'
import { enterDomains, hasDomains, leaveDomains, leaveNestedContext } from './async-context.ts'
import type { Coroutine } from './coroutine.ts'
import { hasNoForeignStack } from './foreign-stacks.ts'
import { takeStack } from './lifetime.ts'
import { running, setRunning } from './running.ts'
import { mayStart } from './start-ban.ts'
import { currentStores, exchangeStores } from './stores.ts'

const { rest: switchBack, visit: switchToVisited } = addon

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
  setRunning(coroutine)
  const stores = currentStores()
  const domains = hasDomains() ? leaveDomains() : undefined
  enterDomains(domains)
  switchToVisited(coroutine.slot)
  setRunning(resumer)
  // At the end of a visit stores and domains are as the function has left them, as after any call.
  if (coroutine.resource === undefined) return
  if (stores !== undefined) exchangeStores(executionAsyncResource(), stores)
  if (domains !== undefined || hasDomains()) enterDomains(domains)
}

/** Ends a visit; returns at the next one. False when the stack is to end. */
export function rest(): boolean {
  const self = running as Coroutine
  setRunning(self.resumer)
  const code = switchBack()
  setRunning(self)
  return code === 0
}

/** To be called at the end of a coroutine that was visited and has suspended since. */
export function leaveOwnScope(self: Coroutine): void {
  leaveNestedContext(self.baseAsyncId, self.sharedScope)
}
