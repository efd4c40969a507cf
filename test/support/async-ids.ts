import { executionAsyncId, executionAsyncResource, triggerAsyncId } from 'node:async_hooks'
import { addon } from './addon.ts'

export interface AsyncEntry {
  id: number
  trigger: number
  resource: object
}

const hooks = resourceStack()
const { pushAsyncContext, popAsyncContext } = addon as Required<typeof addon>

/**
 * Pops the async ids down to `base`, itself included, and returns them, topmost first; to be handed to
 * `pushAsyncIds`. Node empties the whole stack at an uncaught exception: then `base` is not there.
 */
export function popAsyncIdsThrough(base: number): AsyncEntry[] {
  const popped: AsyncEntry[] = []
  for (let top = popTop(); top !== undefined; top = popTop()) {
    popped.push(top)
    if (top.id === base) break
  }
  return popped
}

export function pushAsyncIds(popped: readonly AsyncEntry[]): void {
  for (let index = popped.length - 1; index >= 0; index--) {
    const { id, trigger, resource } = popped[index] as AsyncEntry
    if (hooks === undefined) {
      pushAsyncContext(id, trigger, resource)
    } else {
      const depth = hooks.depth()
      pushAsyncContext(id, trigger)
      hooks.resources[depth] = resource
    }
  }
}

/** Undefined when the stack of ids is empty. */
function popTop(): AsyncEntry | undefined {
  const id = executionAsyncId()
  const top = { id, trigger: triggerAsyncId(), resource: executionAsyncResource() }
  return popAsyncContext(id) || id !== 0 ? top : undefined
}

/**
 * Node 20 and 22 keep the resources in an array that is reachable from JavaScript only;
 * AsyncLocalStorage lives in them there.
 */
function resourceStack(): { resources: object[]; depth: () => number } | undefined {
  if (Number(process.versions.node.split('.')[0]) >= 24) return undefined
  const emitWarning = process.emitWarning
  process.emitWarning = () => {}
  try {
    const binding = (process as unknown as { binding(name: string): never }).binding(
      'async_wrap',
    ) as {
      execution_async_resources: object[]
      async_hook_fields: Uint32Array
      constants: { kStackLength: number }
    }
    const { execution_async_resources: resources, async_hook_fields: fields, constants } = binding
    return { resources, depth: () => fields[constants.kStackLength] as number }
  } finally {
    process.emitWarning = emitWarning
  }
}
