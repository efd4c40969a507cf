import { running } from '../binding/running.ts'
import { canVisit, leaveOwnScope, rest, visit } from '../binding/visit.ts'
import { isExiting } from './exit.ts'
import { Fiber } from './fiber.ts'

const NOTHING: Callback = () => undefined
const NO_ARGS: readonly unknown[] = []

/** A function that the event loop calls. */
export type Callback = (...args: never[]) => unknown

/**
 * Calls a function where it may wait: in a green thread, or where it may wait already, directly; otherwise
 * on a stack of its own. When the function waits there, this returns `undefined` at that moment; an error
 * that it throws after that is reported as an uncaught exception.
 *
 * It then runs in no green thread that anybody could name, join or cancel: `current()` is undefined
 * there, and a `Local` has the value of the main stack.
 */
export function callWhereItMayWait(
  callback: Callback,
  receiver: unknown,
  args: readonly unknown[],
): unknown {
  if (running !== undefined) return Reflect.apply(callback, receiver, args)
  return callApart(callback, receiver, args)
}

/** As `callWhereItMayWait`, on a stack of its own in any case: the caller goes on when the function waits. */
export function callApart(
  callback: Callback,
  receiver: unknown,
  args: readonly unknown[],
): unknown {
  if (!canRunApart()) return Reflect.apply(callback, receiver, args)
  return runApart(callback, receiver, args)?.takeResult()
}

/** Where not, the function is called directly, and a wait in it throws. */
export function canRunApart(): boolean {
  return canVisit() && !isExiting
}

/** Returns the fiber when it has finished, with what came of it; undefined when the function waits. */
export function runApart(
  callback: Callback,
  receiver: unknown,
  args: readonly unknown[],
): CallbackFiber | undefined {
  const fiber = idle.pop() ?? new CallbackFiber()
  fiber.assign(callback, receiver, args)
  visit(fiber)
  if (!fiber.isResting) {
    fiber.isOnItsOwn = true
    return undefined
  }
  idle.push(fiber)
  return fiber
}

/** Whether a callback of the event loop runs, outside of green threads, where it may wait. */
export function isInCallback(): boolean {
  return running !== undefined && (running as Fiber).isAnonymous === true
}

/** Whether what runs must be called on a stack of its own to be able to wait. */
export function isOnMainStack(): boolean {
  return running === undefined
}

/** As many as callbacks have ever been nested: a few. */
const idle: CallbackFiber[] = []

/** Runs one callback after the other, until one of them waits; it ends with that one. */
export class CallbackFiber extends Fiber {
  override readonly isAnonymous = true
  #callback: Callback = NOTHING
  #receiver: unknown = undefined
  #args: readonly unknown[] = NO_ARGS
  #result: unknown = undefined
  #hasThrown = false
  /** It has done its work, while its visitor waited. */
  isResting = false
  /** Its visitor has gone on, as the callback waits. */
  isOnItsOwn = false

  constructor() {
    super(NOTHING, undefined, NO_ARGS)
    this.name = 'callback of the event loop'
  }

  assign(callback: Callback, receiver: unknown, args: readonly unknown[]): void {
    this.#callback = callback
    this.#receiver = receiver
    this.#args = args
    this.isResting = false
    this.state = 'running'
  }

  takeResult(): unknown {
    const result = this.#result
    this.#result = undefined
    if (!this.#hasThrown) return result
    this.#hasThrown = false
    throw result
  }

  override run(): void {
    do {
      this.#call()
      if (this.isOnItsOwn) {
        this.#end()
        return
      }
      this.isResting = true
      this.state = 'pending'
    } while (rest())
  }

  #call(): void {
    const callback = this.#callback
    const receiver = this.#receiver
    const args = this.#args
    this.#callback = NOTHING
    this.#receiver = undefined
    this.#args = NO_ARGS
    try {
      this.#result = Reflect.apply(callback, receiver, args)
    } catch (error) {
      this.#result = error
      this.#hasThrown = true
    }
  }

  /** Whoever called has gone on long ago: an error goes where those of callbacks go, in the same context. */
  #end(): void {
    const error = this.#result
    if (this.#hasThrown) {
      // Before the ticks that it has left, as ever: only microtasks are between the error and its report.
      // Domains hear of errors in ticks only.
      const call =
        (process as { domain?: unknown }).domain == null ? queueMicrotask : process.nextTick
      call(() => {
        throw error
      })
    }
    leaveOwnScope(this)
    this.state = this.#hasThrown ? 'failed' : 'finished'
  }
}
