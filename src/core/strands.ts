import type { Coroutine } from '../binding/coroutine.ts'
import type { Fiber } from './fiber.ts'

/** Coroutines that take turns as one green thread, where it has several stacks. */
export interface Strands {
  readonly fiber: Fiber | undefined
  /** The one that runs while the green thread runs, and waits while it waits. */
  readonly running: Coroutine | undefined
}
