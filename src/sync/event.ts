import { checkTimeout, checkWaitOptions, type WaitOptions, WaitQueue } from '../lowlevel.ts'

/**
 * Something that has happened or not: waiters go on once it is set.
 *
 * Setting wakes all that wait at that moment, even when it is cleared again at once (as in gevent).
 *
 * @example
 * const isConfigured = new Event()
 * spawn(() => {
 *   isConfigured.wait()
 *   console.log('configured')
 * })
 * isConfigured.set()
 */
export class Event {
  #isSet = false
  readonly #waiters = new WaitQueue<boolean>({
    call: 'event.wait()',
    inAsyncCode: 'await event.waitAsync()',
  })

  get isSet(): boolean {
    return this.#isSet
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#waiters.length
  }

  /** Wakes all that wait, in their order, and lets those through that come later. */
  set(): void {
    this.#isSet = true
    this.#waiters.unparkAll(true)
  }

  /** Makes those wait that come from now on. */
  clear(): void {
    this.#isSet = false
  }

  /**
   * Suspends until it is set; returns at once, on any stack, when it is set already.
   *
   * @param timeoutMs the longest time to wait; 0 never suspends.
   * @returns false when the time is over.
   * @throws NotInGreenThreadError, Cancelled, TimedOut (of a deadline around it), CannotSuspendError when it would have to wait.
   */
  wait(timeoutMs: number = Number.POSITIVE_INFINITY): boolean {
    checkTimeout('timeoutMs', timeoutMs)
    return this.#isSet || this.#waiters.parkOr(false, timeoutMs)
  }

  /** As `wait`, for async code; rejects when the signal aborts. */
  async waitAsync(options: WaitOptions = {}): Promise<boolean> {
    checkWaitOptions(options)
    return this.#isSet || (await this.#waiters.promiseOr(false, options))
  }
}
