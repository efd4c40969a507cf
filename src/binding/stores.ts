import { AsyncLocalStorage, executionAsyncResource } from 'node:async_hooks'
import { addon } from './addon.ts'

/**
 * What AsyncLocalStorage of Node.js 20 and 22 keeps on an async resource, as keys and values in turns. (From
 * Node.js 24 on it is V8's business, and nothing is kept there.)
 *
 * A callback of the event loop runs under the resource that Node made for it. When it waits, its caller
 * goes on under the same one, and `run()` on either side would take the value of the other away.
 */
export type Stores = readonly unknown[]

const areOnResources = 'kResourceStore' in new AsyncLocalStorage()

/** Those of the current resource; undefined where there are none in this version of Node.js. */
export function currentStores(): Stores | undefined {
  if (!areOnResources) return undefined
  return areInUse() ? storesOf(executionAsyncResource()) : NONE
}

/** Every AsyncLocalStorage that has been given a value has a hook for new resources. */
function areInUse(): boolean {
  return initHooks === undefined || initHooks[0] !== 0
}

const NONE: Stores = []
const initHooks = addon.asyncHooks?.subarray(0, 1)

/** Puts others in their place, and returns those that were there. */
export function exchangeStores(resource: object, stores: Stores): Stores {
  const before = storesOf(resource)
  const values = resource as Record<symbol, unknown>
  for (let i = 0; i < before.length; i += 2) values[before[i] as symbol] = undefined
  for (let i = 0; i < stores.length; i += 2) values[stores[i] as symbol] = stores[i + 1]
  return before
}

function storesOf(resource: object): Stores {
  const stores: unknown[] = []
  for (const key of Object.getOwnPropertySymbols(resource)) {
    if (key.description !== 'kResourceStore') continue
    stores.push(key, (resource as Record<symbol, unknown>)[key])
  }
  return stores
}
