import { AsyncResource } from 'node:async_hooks'
import { unwatch, type Watcher, watch } from './bonds.ts'
import type { Fiber } from './fiber.ts'

/** A function of the user that is to be called when a fiber has ended. */
export class EndLink implements Watcher {
  readonly isObserver = false
  #callback: ((fiber: Fiber) => void) | undefined

  constructor(callback: (fiber: Fiber) => void) {
    // As with a promise, its async context is that of the one who asked for it.
    this.#callback = AsyncResource.bind(callback)
  }

  /** Returns what cuts the link. */
  to(fiber: Fiber): () => void {
    if (fiber.isOver) this.fiberEnded(fiber)
    else watch(fiber, this)
    return () => {
      this.#callback = undefined
      unwatch(fiber, this)
    }
  }

  /** Each has a microtask of its own, so that one that throws leaves the others alone. */
  fiberEnded(fiber: Fiber): void {
    queueMicrotask(() => this.#callback?.(fiber))
  }
}
