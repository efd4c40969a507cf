import { checkCanSuspend } from '../binding/suspension.ts'
import { InvalidArgumentError } from '../errors.ts'
import { checkFunction, checkTimeout } from './argument.ts'
import type { GreenThread } from './green-thread.ts'
import { requireFiber } from './running-fiber.ts'
import { RunningScope } from './running-scope.ts'
import { startedThread } from './spawn.ts'
import { DEFAULT_OPTIONS, type ThreadOptions } from './thread-options.ts'

export interface ScopeOptions {
  /** The longest time for everything in it; then it is cancelled and throws `TimedOut`. Default: Infinity. */
  timeoutMs?: number
  /** When it aborts, the scope is cancelled and throws `Cancelled` with the signal's reason as `cause`. */
  signal?: AbortSignal
  /**
   * How many threads it may have at once. `spawn` suspends the one that calls it until there is room;
   * first come, first served. Threads which threads of the scope start count, but need not wait, as those
   * that wait for each other would do so for ever. Default: Infinity.
   */
  limit?: number
  /**
   * Other threads, and the main stack, may start threads in it too, as long as it is open: as in a nursery of
   * trio that is handed around. Default: false, only its own threads may.
   */
  shared?: boolean
  /** Shown in messages. */
  name?: string
}

/** What `scope()` hands to its function. */
export interface Scope {
  /**
   * Starts a green thread in this scope, as `spawn()` does. For the thread that opened the scope and those
   * that descend from it; for everybody if the scope is `shared`.
   *
   * @throws OutsideScopeError; ScopeClosedError when the scope has ended, Cancelled when it is being
   * cancelled: then no new work begins. With a `limit`, NotInGreenThreadError when a shared one would have to
   * wait on the main stack.
   */
  spawn<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): GreenThread<Awaited<R>>
  /** As `spawn`, with options. */
  spawnWith<A extends unknown[], R>(
    options: Omit<ThreadOptions, 'detached'>,
    fn: (...args: A) => R,
    ...args: A
  ): GreenThread<Awaited<R>>
  /**
   * Stops the work: cancels every thread of the scope, and ends the waits of its function with
   * `Cancelled`. The scope returns normally when its function does in spite of that. Further calls do
   * nothing.
   *
   * @param reason becomes the `cause` of the errors.
   */
  cancel(reason?: unknown): void
  /** Aborts when the scope is cancelled, by whatever: hand it to what should be stopped then. */
  readonly signal: AbortSignal
}

/**
 * Runs a function, and waits for all green threads that are started inside: by `s.spawn`, by plain
 * `spawn()` in the function, and by those threads in turn. Nothing outlives the scope, and no error is
 * lost. A thread started with `detached: true` does not belong to it, nor do calls of `toAsync` functions.
 *
 * The first failure, of a thread or of the function, cancels everything else in the scope (`Cancelled`
 * with that error as `cause`). When all have ended, however long that takes, the scope throws the
 * error itself; an `AggregateError` with `errors` in the order of time if more came. A thread that was
 * cancelled is no failure.
 *
 * When the thread that is in the scope is cancelled, or a deadline around it passes, all threads in
 * the scope are cancelled with the same cause and waited for; then the interruption goes on.
 * The semantics are those of trio's nurseries; that plain `spawn()` joins is Swift's and effection's rule.
 *
 * @returns what `fn` returns; a promise is waited for.
 * @throws the error of a failure; TimedOut and Cancelled when work was cut short by `timeoutMs`, by
 * `signal` or from outside. NotInGreenThreadError on the main stack, and CannotSuspendError where it could
 * not wait for threads: before `fn` is called.
 * @example
 * const [user, orders] = scope((s) => {
 *   const user = s.spawn(() => wait(db.load(1)))
 *   const orders = s.spawn(() => wait(fetch(url)))
 *   return [user.join(), orders.join()]
 * }, { timeoutMs: 1000 })
 */
export function scope<R>(fn: (s: Scope) => R, options: ScopeOptions = {}): Awaited<R> {
  checkFunction('fn', fn)
  const { timeoutMs = Number.POSITIVE_INFINITY, limit = Number.POSITIVE_INFINITY } = options
  checkTimeout('timeoutMs', timeoutMs)
  checkLimit(limit)
  const owner = requireFiber('scope()', 'await toAsync(() => scope(...))()')
  checkCanSuspend() // at its end nothing could be done about it
  const label = options.name === undefined ? 'scope()' : `the scope ${options.name}`
  const running = new RunningScope(owner, label, limit, options.shared === true)
  const removeTimer = running.cancelAfter(timeoutMs)
  const removeListener = running.cancelOnAbort(options.signal)
  try {
    return running.run(fn, new ScopeHandle(running)) as Awaited<R>
  } finally {
    removeTimer()
    removeListener()
  }
}

class ScopeHandle implements Scope {
  readonly #running: RunningScope

  constructor(running: RunningScope) {
    this.#running = running
  }

  spawn<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): GreenThread<Awaited<R>> {
    return startedThread(this.#running, DEFAULT_OPTIONS, fn, args)
  }

  spawnWith<A extends unknown[], R>(
    options: Omit<ThreadOptions, 'detached'>,
    fn: (...args: A) => R,
    ...args: A
  ): GreenThread<Awaited<R>> {
    return startedThread(this.#running, options, fn, args)
  }

  cancel(reason?: unknown): void {
    this.#running.cancel(reason)
  }

  get signal(): AbortSignal {
    return this.#running.signal
  }
}

function checkLimit(limit: unknown): void {
  const isValid = Number.isInteger(limit) && (limit as number) >= 1
  if (isValid || limit === Number.POSITIVE_INFINITY) return
  throw new InvalidArgumentError('limit', 'an integer from 1, or Infinity', limit)
}
