import { AlreadySetError, TimedOut } from '../errors.ts'
import { checkTimeout, checkWaitOptions, type WaitOptions, WaitQueue } from '../lowlevel.ts'

/**
 * A value, or an error, that is set once and that any number of green threads and async functions wait
 * for. As gevent's AsyncResult, but it is never set twice.
 *
 * An error that nobody asks for is not reported: it may be asked for at any time.
 *
 * @typeParam T what it is set to.
 * @example
 * const answer = new AsyncResult<number>()
 * spawn(() => console.log(answer.get()))
 * answer.set(42)
 */
export class AsyncResult<T> implements PromiseLike<T> {
  #state: 'empty' | 'value' | 'error' = 'empty'
  #outcome: unknown = undefined
  readonly #waiters = new WaitQueue<boolean>({
    call: 'result.get()',
    inAsyncCode: 'await result',
  })

  /** Is there a value or an error? */
  get isReady(): boolean {
    return this.#state !== 'empty'
  }

  /**
   * Wakes all that wait, in their order.
   *
   * @throws AlreadySetError when there is a value or an error: nobody would ever see this one.
   */
  set(value: T): void {
    this.#settle('result.set()', 'value', value)
  }

  /** As `set`; all that ask get the error thrown. */
  setError(error: unknown): void {
    this.#settle('result.setError()', 'error', error)
  }

  /**
   * Takes over what a green thread, or a promise, ends with. Returns this.
   *
   * If somebody else sets it before that end, the `AlreadySetError` is an unhandled rejection.
   */
  follow(source: PromiseLike<T>): this {
    source.then(
      (value) => this.set(value),
      (error: unknown) => this.setError(error),
    )
    return this
  }

  /**
   * The value; suspends until there is one. Returns at once, on any stack, when it is there already.
   *
   * @param timeoutMs the longest time to wait; 0 never suspends.
   * @throws the error that was set; TimedOut when the time is over; NotInGreenThreadError, Cancelled,
   * CannotSuspendError when it would have to wait.
   */
  get(timeoutMs: number = Number.POSITIVE_INFINITY): T {
    if (!this.wait(timeoutMs)) throw new TimedOut('result.get()', timeoutMs)
    return this.#take()
  }

  /** As `get`, for async code that needs a limit; `await result` does without. */
  async getAsync(options: WaitOptions = {}): Promise<T> {
    if (!(await this.waitAsync(options))) {
      throw new TimedOut('result.getAsync()', options.timeoutMs as number)
    }
    return this.#take()
  }

  /**
   * Suspends until there is a value or an error.
   *
   * @param timeoutMs the longest time to wait; 0 never suspends.
   * @returns false when the time is over.
   * @throws NotInGreenThreadError, Cancelled, TimedOut (of a deadline around it), CannotSuspendError when it would have to wait.
   */
  wait(timeoutMs: number = Number.POSITIVE_INFINITY): boolean {
    checkTimeout('timeoutMs', timeoutMs)
    return this.isReady || this.#waiters.parkOr(false, timeoutMs)
  }

  /** As `wait`, for async code; rejects when the signal aborts. */
  async waitAsync(options: WaitOptions = {}): Promise<boolean> {
    checkWaitOptions(options)
    return this.isReady || (await this.#waiters.promiseOr(false, options))
  }

  /** The value; undefined when there is none yet. Throws the error that was set. */
  peek(): T | undefined {
    return this.isReady ? this.#take() : undefined
  }

  /** Makes `await result` and `Promise.all([result])` work in async code, and `wait(result)`. */
  // biome-ignore lint/suspicious/noThenProperty: it is awaitable by design.
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.getAsync().then(onFulfilled, onRejected)
  }

  #settle(call: string, state: 'value' | 'error', outcome: unknown): void {
    if (this.isReady) throw new AlreadySetError(call, this.#state)
    this.#state = state
    this.#outcome = outcome
    this.#waiters.unparkAll(true)
  }

  #take(): T {
    if (this.#state === 'error') throw this.#outcome
    return this.#outcome as T
  }
}
