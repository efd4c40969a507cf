import { callWhereItMayWait } from '../lowlevel.ts'

type Cleanup = (held: never) => void

/** Lets the callbacks of `FinalizationRegistry` wait. V8 calls them by itself. */
export function letCollectionsWait(): void {
  globalThis.FinalizationRegistry = new Proxy(FinalizationRegistry, {
    construct(target, [cleanup, ...rest], newTarget) {
      // What is wrong with it, the original says.
      const args =
        typeof cleanup === 'function' ? [waiting(cleanup as Cleanup), ...rest] : [cleanup]
      return Reflect.construct(target, args, newTarget) as object
    },
  })
  Object.defineProperty(FinalizationRegistry.prototype, 'constructor', {
    value: FinalizationRegistry,
  })
}

function waiting(cleanup: Cleanup): Cleanup {
  return function (this: unknown, ...args) {
    callWhereItMayWait(cleanup, this, args)
  }
}
