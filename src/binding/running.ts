import { type AsyncResource, executionAsyncId } from 'node:async_hooks'
import { addon } from './addon.ts'
import { enterDomains, hasDomains, leaveDomains, onCoroutine } from './async-context.ts'
import { type Coroutine, REPORT } from './coroutine.ts'
import { vacate } from './occupants.ts'
import { replaceScope } from './scope-replacement.ts'

const { switchTo } = addon

/** The coroutine that runs now; undefined on the main stack. */
export let running: Coroutine | undefined

/**
 * Continues a suspended coroutine until it suspends again or ends.
 *
 * @param isContextCarried it goes on with the async context of its resource; see `Coroutine.adoptContext`.
 */
export function resume(coroutine: Coroutine, isContextCarried: boolean = false): void {
  enter(coroutine, isContextCarried)
}

/** The stack trace of a suspended coroutine: it is continued for a moment to take its own. */
export function stackTrace(coroutine: Coroutine): string {
  const { mode, inbox } = coroutine
  coroutine.mode = REPORT
  enter(coroutine, false)
  const report = coroutine.inbox as Error
  coroutine.mode = mode
  coroutine.inbox = inbox
  return report.stack ?? ''
}

/** Continues a coroutine, or one that has its stack but did not start yet. */
export function enter(coroutine: Coroutine, isContextCarried: boolean): void {
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

/** Lets the resumer of the running coroutine be the one that runs; returns its slot, to switch to. */
export function handBack(self: Coroutine): number {
  const { resumer } = self
  running = resumer
  return resumer === undefined ? 0 : resumer.slot
}

/** For whatever switches stacks, right before it does. */
export function setRunning(coroutine: Coroutine | undefined): void {
  running = coroutine
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

onCoroutine(() => running !== undefined)
