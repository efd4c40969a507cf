import { AsyncResource } from 'node:async_hooks'
import type { SharedScope } from './async-context.ts'
import { DEFAULT_STACK_BYTES } from './stack-pool.ts'

/** What a coroutine does when it goes on. */
export const VALUE = 0
export const THROW = 1
/** It puts the stack trace of its suspension into its inbox, and suspends again. */
export const REPORT = 2
/** As a value, of a transfer: its async id may have to be put above that of its resumer. */
const TRANSFER = 3

/**
 * A function call on a stack of its own, which may be suspended in the middle.
 *
 *   created -> started: running <-> suspended -> ended
 *
 * Whoever resumes it (the main stack or another coroutine) waits on its own stack until the coroutine
 * suspends or ends: resumers form a chain that ends on the main stack.
 */
export abstract class Coroutine {
  /** Number of its stack; 0 before it started and after it ended. */
  slot = 0
  /** Who continues when it suspends; undefined stands for the main stack. */
  resumer: Coroutine | undefined = undefined
  inbox: unknown = undefined
  mode: number = VALUE
  asyncId = 0
  /** The async id that its resumer pushed: its own, except after a transfer. */
  baseAsyncId = 0
  resource: AsyncResource | undefined = undefined
  /** The scope in which it was visited, from its first suspension on. */
  sharedScope: SharedScope | undefined = undefined
  stackBytes: number = DEFAULT_STACK_BYTES
  /** Not 0 while something on its stack forbids to suspend it: the code of the refusal. */
  ban = 0

  /** What it goes on with: `suspend()` returns the value ... */
  putValue(value: unknown): void {
    this.mode = VALUE
    this.inbox = value
  }

  /** ... or throws the error. */
  putError(error: unknown): void {
    this.mode = THROW
    this.inbox = error
  }

  /** Gives it the async context of the caller, to be carried there. */
  adoptContext(): void {
    const resource = new AsyncResource('GREENTHREAD')
    this.resource = resource
    this.asyncId = resource.asyncId()
  }

  /** It goes on in place of another one, to whose resumer it returns from now on. */
  replace(other: Coroutine): void {
    this.resumer = other.resumer
    this.baseAsyncId = other.baseAsyncId
    if (this.mode === VALUE) this.mode = TRANSFER
  }

  /** The body. Runs on the coroutine's stack and must not throw. */
  abstract run(): void

  /** Called on its stack when a suspension was refused, before the error is thrown. */
  abstract refused(): void

  /** Called when it was to go on in place of another one, whose suspension was refused. */
  passedBy(): void {}

  /** Called on its stack with an error before that is thrown. */
  abstract thrown(error: unknown): void

  /** Called when its stack was ended by termination. */
  abstract terminated(): void
}
