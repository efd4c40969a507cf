import { TimedOut } from '../errors.ts'
import { checkFunction, checkTimeout } from './argument.ts'
import { clock } from './clock.ts'
import { type Fiber, runningFiber } from './fiber.ts'
import { arrived, type Region, reconsider, signalOf } from './interruption.ts'
import { noFiber, requireFiber } from './running-fiber.ts'
import { ignoreRejection, promiseOf } from './waiter.ts'

/**
 * Runs `fn` with a deadline. When it passes, `TimedOut` is thrown where this green thread is suspended,
 * and again at every further suspension until `fn` is left. Deadlines nest: of several that have
 * passed, the outermost is thrown.
 *
 * @param fn is given the deadline: hand its `signal` to what should be stopped as well.
 * @throws TimedOut which `deadline.isMine(error)` tells from that of another deadline. A result that
 * `fn` returns in spite of it is returned.
 * @example
 * const text = withTimeout(500, ({ signal }) => wait(wait(fetch(url, { signal })).text()))
 */
export function withTimeout<R>(timeoutMs: number, fn: (deadline: Deadline) => R): Awaited<R> {
  checkTimeout('timeoutMs', timeoutMs)
  checkFunction('fn', fn)
  const fiber = requireFiber('withTimeout()', 'AbortSignal.timeout(ms)')
  return limited(fiber, timeoutMs, 'The work in withTimeout()', fn)
}

/** Suspends the fiber until the promise settles, at most for this time. */
export function settleWithin(
  fiber: Fiber,
  promise: Promise<unknown>,
  timeoutMs: number,
  what: string,
): unknown {
  return limited(fiber, timeoutMs, what, () => fiber.settle(promise))
}

/** Calls a function with a deadline; `what` is said to have taken too long. */
export function limited<R>(
  fiber: Fiber,
  timeoutMs: number,
  what: string,
  fn: (deadline: Deadline) => R,
): Awaited<R> {
  return inRegion(fiber, new RunningDeadline(fiber, timeoutMs, what), fn)
}

/**
 * Runs cleanup that no cancellation and no deadline from outside may interrupt; what arrived meanwhile
 * is thrown at the first suspension afterwards. Use it in `finally` blocks that wait.
 *
 * @example
 * try {
 *   work(connection)
 * } finally {
 *   shield(() => wait(connection.close()))
 * }
 */
export function shield<R>(fn: () => R): Awaited<R> {
  checkFunction('fn', fn)
  const fiber = runningFiber()
  // Cleanup that does not wait is the same everywhere.
  if (fiber === undefined) return plainResult(fn())
  return inRegion(fiber, new Shield(fiber.region), fn)
}

/** A limit of time for a part of a green thread's work. */
export interface Deadline {
  readonly timeoutMs: number
  /** True once the time is over. */
  readonly isExpired: boolean
  /** Aborts when the time is over or when the green thread is cancelled, with the error as reason. */
  readonly signal: AbortSignal
  /** Is this the error that this very deadline threw? */
  isMine(error: unknown): boolean
}

function inRegion<R, G extends EndableRegion>(
  fiber: Fiber,
  region: G,
  fn: (region: G) => R,
): Awaited<R> {
  fiber.region = region
  reconsider(fiber)
  try {
    const result = fn(region)
    const promise = promiseOf(result)
    return (promise === undefined ? result : fiber.settle(promise)) as Awaited<R>
  } finally {
    fiber.region = region.outer
    region.end()
    reconsider(fiber)
  }
}

function plainResult<R>(result: R): Awaited<R> {
  const promise = promiseOf(result)
  if (promise === undefined) return result as Awaited<R>
  ignoreRejection(promise)
  throw noFiber('shield()', 'try { ... } finally { await cleanup() }')
}

interface EndableRegion extends Region {
  end(): void
}

export class Shield implements EndableRegion {
  readonly outer: Region | undefined
  readonly isShield = true
  readonly expiry = undefined

  constructor(outer: Region | undefined) {
    this.outer = outer
  }

  end(): void {}
}

class RunningDeadline implements EndableRegion, Deadline {
  readonly outer: Region | undefined
  readonly isShield = false
  readonly timeoutMs: number
  readonly #fiber: Fiber
  readonly #what: string
  // Of the clock that set the timer: it may be replaced meanwhile.
  readonly #clock = clock
  readonly #timer: unknown
  #expiry: TimedOut | undefined = undefined
  #abort: AbortController | undefined = undefined
  #signal: AbortSignal | undefined = undefined

  constructor(fiber: Fiber, timeoutMs: number, what: string) {
    this.outer = fiber.region
    this.timeoutMs = timeoutMs
    this.#fiber = fiber
    this.#what = what
    this.#timer =
      timeoutMs === Number.POSITIVE_INFINITY
        ? undefined
        : clock.setTimer(() => this.#expire(), timeoutMs, fiber.isTransient)
  }

  get expiry(): TimedOut | undefined {
    return this.#expiry
  }

  get isExpired(): boolean {
    return this.#expiry !== undefined
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      this.#abort = new AbortController()
      if (this.#expiry !== undefined) this.#abort.abort(this.#expiry)
      this.#signal = AbortSignal.any([this.#abort.signal, signalOf(this.#fiber)])
    }
    return this.#signal
  }

  isMine(error: unknown): boolean {
    return error !== undefined && error === this.#expiry
  }

  end(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
  }

  #expire(): void {
    this.#expiry = new TimedOut(this.#what, this.timeoutMs)
    try {
      arrived(this.#fiber)
    } finally {
      this.#abort?.abort(this.#expiry)
    }
  }
}
