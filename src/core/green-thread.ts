import { type InspectOptions, inspect } from 'node:util'
import { stackTrace } from '../binding/coroutine.ts'
import { DEFAULT_STACK_BYTES } from '../binding/stack-pool.ts'
import { InvalidArgumentError, WaitOnItselfError } from '../errors.ts'
import { checkFunction, checkTimeout } from './argument.ts'
import { Fiber, runningFiber, suspendedFibers, type ThreadState } from './fiber.ts'
import { cancel, signalOf } from './interruption.ts'
import { requireFiber } from './running-fiber.ts'
import { callerFrames } from './stack-trace.ts'
import { settleWithin } from './timeout.ts'
import { ignoreRejection } from './waiter.ts'

export interface ThreadOptions {
  /** Shown in stacks and messages; by default the name of the function. */
  name?: string
  /** Address space of the stack; memory is taken only as far as it is used. By default 1 MiB. */
  stackBytes?: number
}

/** Below this the engine itself would not find the room it needs. */
const SMALLEST_STACK_BYTES = 96 * 1024
const LARGEST_STACK_BYTES = 1024 * 1024 * 1024

/**
 * A function call with a stack of its own, which can wait without blocking anything else.
 * `spawn()` creates and starts one. In async code it is awaited like a promise.
 *
 * @typeParam R what it results in.
 */
export class GreenThread<R = unknown> implements PromiseLike<R> {
  readonly #fiber: Fiber

  /** A green thread that has not started: call `start()`. */
  constructor(body: (...args: never[]) => R | PromiseLike<R>, options: ThreadOptions = {}) {
    this.#fiber =
      (body as unknown) instanceof Fiber ? (body as unknown as Fiber) : newFiber(body, options)
    if (this.#fiber.tether === undefined) this.#fiber.handle = this
    else this.#fiber.tether.adopt(this)
  }

  /** The inner side of a thread. */
  static fiberOf(thread: GreenThread): Fiber {
    return thread.#fiber
  }

  /** Unique in this program (in each worker). */
  get id(): number {
    return this.#fiber.id
  }

  get name(): string {
    return this.#fiber.name
  }

  get state(): ThreadState {
    return this.#fiber.state
  }

  /**
   * Starts it, with arguments for its function; it runs to its first suspension before this returns.
   * A thread that was cancelled before never runs.
   *
   * @throws AlreadyStartedError
   */
  start(...args: unknown[]): this {
    this.#fiber.start(args)
    return this
  }

  /**
   * Waits for its end; returns its result or throws its error.
   *
   * @param timeoutMs the longest time to wait; the thread itself goes on after that.
   * @throws TimedOut, and Cancelled when it was cancelled.
   */
  join(timeoutMs: number = Number.POSITIVE_INFINITY): R {
    checkTimeout('timeoutMs', timeoutMs)
    const fiber = this.#fiber
    if (fiber.isOver) return outcome(fiber) as R
    if (timeoutMs === Number.POSITIVE_INFINITY) return joinFiber(fiber) as R
    const self = requireFiber('join()', 'await thread')
    return settleWithin(self, fiber.promise, timeoutMs, `join() of ${fiber}`) as R
  }

  /**
   * Makes it end: `Cancelled` is thrown where it is suspended (soon, not before this returns), and again
   * at every further suspension outside of `shield()`. Its `signal` aborts. Further calls do nothing.
   *
   * @param reason becomes the `cause` of the error.
   */
  cancel(reason?: unknown): void {
    cancel(this.#fiber, reason)
  }

  /** Aborts when the thread is cancelled: hand it to what should be stopped then. */
  get signal(): AbortSignal {
    return signalOf(this.#fiber)
  }

  /** The stack trace of the place where it is suspended; empty when it is not. */
  stack(): string {
    const fiber = this.#fiber
    if (fiber === runningFiber()) return `${fiber}\n${callerFrames(new Error().stack)}`
    return fiber.state === 'suspended' ? stackOf(fiber) : ''
  }

  /** Makes `await thread` and `Promise.all([thread])` work in async code. */
  // biome-ignore lint/suspicious/noThenProperty: a green thread is awaitable by design.
  then<A = R, B = never>(
    onFulfilled?: ((value: R) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return (this.#fiber.promise as Promise<R>).then(onFulfilled, onRejected)
  }

  /** `using thread = spawn(...)` joins it at the end of the block. */
  [Symbol.dispose](): void {
    this.join()
  }

  static {
    // Not a method: its name would be a part of the declared type.
    Object.defineProperty(GreenThread.prototype, inspect.custom, { value: inspectThread })
  }
}

function inspectThread(this: GreenThread, _depth: number, options: InspectOptions): string {
  const { id, name, state } = this
  return `GreenThread ${inspect({ id, name, state }, options)}`
}

/** Suspends the running fiber until another one has ended, as `await` would, over or not. */
export function joinFiber(fiber: Fiber): unknown {
  const self = requireFiber('join()', 'await thread')
  if (self === fiber) throw new WaitOnItselfError(String(fiber))
  return self.settle(fiber.promise)
}

/** The handle of a fiber. */
export function threadOf(fiber: Fiber): GreenThread {
  const handle = fiber.handle ?? fiber.tether?.handle()
  return (handle as GreenThread | undefined) ?? new GreenThread(fiber as never)
}

/** The green thread that runs now; undefined on the main stack. */
export function current(): GreenThread | undefined {
  const fiber = runningFiber()
  return fiber === undefined ? undefined : threadOf(fiber)
}

/** The stack of a suspended fiber, headed by its name. */
export function stackOf(fiber: Fiber): string {
  return `${fiber}\n${callerFrames(stackTrace(fiber))}`
}

function newFiber(body: (...args: never[]) => unknown, options: ThreadOptions): Fiber {
  checkFunction('body', body)
  const { name, stackBytes = DEFAULT_STACK_BYTES } = options
  checkStackBytes(stackBytes)
  const fiber = new Fiber(body, undefined, [])
  fiber.stackBytes = stackBytes
  if (name !== undefined) fiber.name = name
  return fiber
}

function checkStackBytes(stackBytes: unknown): void {
  const isValid =
    Number.isInteger(stackBytes) &&
    (stackBytes as number) >= SMALLEST_STACK_BYTES &&
    (stackBytes as number) <= LARGEST_STACK_BYTES
  if (isValid) return
  throw new InvalidArgumentError(
    'stackBytes',
    `an integer from ${SMALLEST_STACK_BYTES} to ${LARGEST_STACK_BYTES}`,
    stackBytes,
  )
}

function outcome(fiber: Fiber): unknown {
  if (fiber.state === 'finished') return fiber.outcome
  ignoreRejection(fiber.promise) // the caller observes the error
  throw fiber.outcome
}

/** Every green thread that is suspended now. */
export function suspendedThreads(): GreenThread[] {
  return suspendedFibers().map(threadOf)
}
