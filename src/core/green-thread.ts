import { type InspectOptions, inspect } from 'node:util'
import { stackTrace } from '../binding/running.ts'
import { type Cancelled, WaitOnItselfError } from '../errors.ts'
import { checkFunction, checkTimeout } from './argument.ts'
import { EndLink } from './end-link.ts'
import type { ThreadState } from './ending.ts'
import { Fiber, runningFiber } from './fiber.ts'
import { cancel, signalOf } from './interruption.ts'
import { liveFibers, suspendedFibers } from './live-fibers.ts'
import { requireFiber } from './running-fiber.ts'
import { callerFrames } from './stack-trace.ts'
import { startChild } from './start.ts'
import { applyOptions, type ThreadOptions } from './thread-options.ts'
import { promiseWith, type ToPromiseOptions, waitingFiber } from './thread-promise.ts'
import { settleWithin } from './timeout.ts'
import { ignoreRejection } from './waiter.ts'

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

  /**
   * A green thread for a promise, or for the promise that an async function returns: to be joined,
   * cancelled and listed as any other. Cancelling it aborts the signal that the function was given, and
   * ends the thread at once, whether the function heeds the signal or not (asyncio-gevent's
   * `future_to_greenlet`).
   *
   * @example
   * const download = GreenThread.from((signal) => fetch(url, { signal }))
   * setTimeout(() => download.cancel('too slow'), 1000)
   */
  static from<R>(
    source: PromiseLike<R> | ((signal: AbortSignal) => PromiseLike<R>),
  ): GreenThread<Awaited<R>> {
    return threadOf(waitingFiber(source)) as GreenThread<Awaited<R>>
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

  /** The thread that started it; undefined when none did, or when that one is over. */
  get parent(): GreenThread | undefined {
    const parent = this.#fiber.bonds?.parent?.fiber
    return parent === undefined ? undefined : threadOf(parent)
  }

  /** The threads that it started and that are not over. Looks through all threads there are. */
  get children(): GreenThread[] {
    const ancestor = this.#fiber.bonds?.ancestor
    if (ancestor === undefined) return []
    return liveFibers()
      .filter((fiber) => fiber.bonds?.parent === ancestor)
      .map(threadOf)
  }

  /**
   * Starts it, with arguments for its function; it runs to its first suspension before this returns.
   * A thread that was cancelled before never runs. As with `spawn()`, it belongs to the scope of the
   * thread that starts it.
   *
   * @throws AlreadyStartedError; in a scope that is cancelled, Cancelled.
   */
  start(...args: unknown[]): this {
    startChild(this.#fiber, args)
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

  /**
   * A promise of its result. An aborted signal cancels the thread; the promise settles when the thread has
   * ended, `finally` blocks included. A thread that has not started is started, unless `start` is false: as
   * asyncio-gevent's `greenlet_to_future`.
   *
   * @example
   * const load = (id: number) => wait(db.load(id))
   * const user = await spawn(load, 1).toPromise({ signal: AbortSignal.timeout(500) })
   */
  toPromise(options: ToPromiseOptions & { onCancel: 'resolve' }): Promise<R | Cancelled>
  toPromise(options?: ToPromiseOptions): Promise<R>
  toPromise(options: ToPromiseOptions = {}): Promise<unknown> {
    return promiseWith(this.#fiber, options)
  }

  /** Makes `await thread` and `Promise.all([thread])` work in async code. */
  // biome-ignore lint/suspicious/noThenProperty: a green thread is awaitable by design.
  then<A = R, B = never>(
    onFulfilled?: ((value: R) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return (this.#fiber.promise as Promise<R>).then(onFulfilled, onRejected)
  }

  /**
   * Calls a function, in a microtask on the main stack, when the thread has ended, in whatever way; if
   * it has ended already, now. Several are called in their order, and one that throws (an uncaught
   * exception) does not keep the others from being called. An error of the thread is still reported
   * when nobody else observes it. As gevent's `link`.
   *
   * @returns a function after whose call `callback` is not called any more.
   * @example
   * const forget = spawn(() => sleep(100)).onEnd((thread) => console.log(thread.state))
   */
  onEnd(callback: (thread: GreenThread<R>) => void): () => void {
    checkFunction('callback', callback)
    const link = new EndLink((fiber) => callback(threadOf(fiber) as GreenThread<R>))
    return link.to(this.#fiber)
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

/** The green thread that runs now; undefined on the main stack, and in callbacks of the event loop. */
export function current(): GreenThread | undefined {
  const fiber = runningFiber()
  return fiber === undefined || fiber.isAnonymous ? undefined : threadOf(fiber)
}

/** The stack of a suspended fiber, headed by its name. */
export function stackOf(fiber: Fiber): string {
  return `${fiber}\n${callerFrames(stackTrace(fiber.strand))}`
}

function newFiber(body: (...args: never[]) => unknown, options: ThreadOptions): Fiber {
  checkFunction('body', body)
  const fiber = new Fiber(body, undefined, [])
  applyOptions(fiber, options)
  return fiber
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
