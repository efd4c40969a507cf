import { guardIfOfAddon } from './addon-guard.ts'

/**
 * An addon that awaits a promise calls `then` with functions of its own, which the engine calls later, on
 * whatever stack runs the microtasks then: they are guarded on their way in.
 */
export function guardReactions(): void {
  if (isInstalled) return
  isInstalled = true
  const prototype: Promise<unknown> = Promise.prototype
  const { then, finally: last } = prototype
  const guarded = {
    // biome-ignore lint/suspicious/noThenProperty: it becomes that of promises
    then(this: Promise<unknown>, onFulfilled: unknown, onRejected: unknown) {
      return Reflect.apply(then, this, [guardIfOfAddon(onFulfilled), guardIfOfAddon(onRejected)])
    },
    finally(this: Promise<unknown>, onFinally: unknown) {
      return Reflect.apply(last, this, [guardIfOfAddon(onFinally)])
    },
  }
  for (const [name, value] of Object.entries(guarded)) {
    // Not where the program has frozen what belongs to the language.
    Reflect.defineProperty(prototype, name, { value })
  }
}

let isInstalled = false
