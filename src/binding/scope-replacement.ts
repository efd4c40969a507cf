import { AsyncResource } from 'node:async_hooks'
import { addon } from './addon.ts'
import { resources } from './async-context.ts'

/**
 * Puts another resource, and its ids, in place of those of the topmost async scope, which was entered from
 * JavaScript. As if that scope were left and another one entered, for a tenth of the time.
 */
export function replaceScope(resource: AsyncResource): void {
  ids[EXECUTION] = resource.asyncId()
  ids[TRIGGER] = resource.triggerAsyncId()
  resources[resources.length - 1] = resource
}

/** False where Node's ids were not found, and while hooks are to be told of each scope entered and left. */
export function canReplaceScope(): boolean {
  return isPossible && hooks[BEFORE] === 0 && hooks[AFTER] === 0
}

const EXECUTION = 0
const TRIGGER = 1
const BEFORE = 1
const AFTER = 2

const ids = addon.asyncIds ?? new Float64Array()
const hooks = addon.asyncHooks ?? new Uint32Array()
// Trying whether a hook is counted would make every promise slower from then on; a test does.
const isPossible = hasIds()

function hasIds(): boolean {
  const scope = new AsyncResource('GREENTHREADS_PROBE')
  return scope.runInAsyncScope(
    () =>
      ids[EXECUTION] === scope.asyncId() &&
      ids[TRIGGER] === scope.triggerAsyncId() &&
      resources.at(-1) === scope,
  )
}
