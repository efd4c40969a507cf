import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { BugError } from '../errors.ts'
import type { Handle } from './main-strand.ts'
import type { ChildStrand } from './strand.ts'

/** In which async context (values of AsyncLocalStorage) a greenlet runs. */
export type GreenletContext = 'inherit' | 'none' | 'copy' | 'share'

export const contexts: readonly GreenletContext[] = ['inherit', 'none', 'copy', 'share']

/** The context of the caller, to be used later. */
export function copyContext(): AsyncResource {
  return new AsyncResource('GREENLET')
}

/** Calls the function of a greenlet, on its stack, where the context is that of its first switcher. */
export function callInContext(
  { context, copied }: ChildStrand,
  body: (...args: never[]) => unknown,
  receiver: Handle | undefined,
  args: never[],
): unknown {
  if (context === 'none')
    return emptyContext().runInAsyncScope(Reflect.apply, undefined, body, receiver, args)
  if (copied !== undefined)
    return copied.runInAsyncScope(Reflect.apply, undefined, body, receiver, args)
  return Reflect.apply(body, receiver, args)
}

/** Of its own each time: it is written to where AsyncLocalStorage is built on resources. */
function emptyContext(): AsyncResource {
  const resource = new AsyncResource('GREENLET')
  for (const key of Object.getOwnPropertySymbols(resource)) {
    if (CONTEXT_KEYS.has(key.description ?? '')) Reflect.set(resource, key, undefined)
  }
  return resource
}

/** Where Node.js keeps the context of a resource: the whole (24 and newer), or each value (before). */
const CONTEXT_KEYS = new Set(['context_frame', 'kResourceStore'])

const probe = new AsyncLocalStorage<boolean>()
const isLeft = probe.run(true, () => emptyContext().runInAsyncScope(() => probe.getStore()))
probe.disable()
if (isLeft) {
  throw new BugError(`The context of an async resource was not found in Node.js ${process.version}`)
}
