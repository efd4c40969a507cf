import { checkFunction } from './argument.ts'
import { type Watcher, watch } from './bonds.ts'
import type { Fiber } from './fiber.ts'
import { GreenThread } from './green-thread.ts'

/**
 * Calls a function when a thread ends, for primitives that hold something for it: at once, and in whatever way
 * it ends, also where its `finally` blocks do not run, as the time limit of `vm` code ended it. A thread that
 * could not be started has not ended.
 *
 * @param callback runs on a stack that ends: it must neither suspend nor throw. `join()` gives the outcome
 * there. See `thread.onEnd()` for functions of users.
 */
export function watchEnd(thread: GreenThread, callback: () => void): void {
  checkFunction('callback', callback)
  const fiber = GreenThread.fiberOf(thread)
  if (fiber.isOver) callback()
  else watch(fiber, new EndWatch(callback))
}

class EndWatch implements Watcher {
  readonly isObserver = false
  readonly #callback: () => void

  constructor(callback: () => void) {
    this.#callback = callback
  }

  fiberEnded(_fiber: Fiber): void {
    this.#callback()
  }
}
