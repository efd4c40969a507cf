import { TimedOut } from '../errors.ts'
import { checkTimeout, checkWaitOptions, type WaitOptions, WaitQueue } from '../lowlevel.ts'
import { Hold } from './hold.ts'

/** What is acquired and released, with the line of those who wait for it: threads and async code alike. */
export abstract class Acquirable {
  readonly #name: string
  readonly #waiters: WaitQueue<boolean>

  /** @param name of the variable, in messages. */
  constructor(name: string) {
    this.#name = name
    this.#waiters = new WaitQueue<boolean>({
      call: `${name}.acquire()`,
      inAsyncCode: `await ${name}.acquireAsync()`,
    })
  }

  /** Acquires it if that is possible at once. Never suspends. */
  abstract tryAcquire(): boolean

  abstract release(): void

  /** How many wait for it. */
  get waiting(): number {
    return this.#waiters.length
  }

  /**
   * Acquires it; suspends while that is not possible. Works on the main stack as long as it is.
   *
   * @param timeoutMs the longest time to wait; 0 never suspends.
   * @returns false when the time is over.
   * @throws NotInGreenThreadError, Cancelled, TimedOut (of a deadline around it), CannotSuspendError when it would have to wait.
   */
  acquire(timeoutMs: number = Number.POSITIVE_INFINITY): boolean {
    checkTimeout('timeoutMs', timeoutMs)
    return this.tryAcquire() || this.#waiters.parkOr(false, timeoutMs)
  }

  /**
   * As `acquire`, for async code; rejects when the signal aborts. A promise that nobody awaits any
   * longer acquires it all the same: give it a signal or a limit instead of racing it.
   */
  async acquireAsync(options: WaitOptions = {}): Promise<boolean> {
    checkWaitOptions(options)
    return this.tryAcquire() || (await this.#waiters.promiseOr(false, options))
  }

  /**
   * Acquires it until the end of the block: `using _hold = lock.hold()`.
   *
   * @throws TimedOut when the time is over, and what `acquire` throws.
   */
  hold(timeoutMs: number = Number.POSITIVE_INFINITY): Hold {
    if (!this.acquire(timeoutMs)) throw new TimedOut(`${this.#name}.hold()`, timeoutMs)
    return new Hold(this)
  }

  /** As `hold`, for async code: `using _hold = await lock.holdAsync()`. */
  async holdAsync(options: WaitOptions = {}): Promise<Hold> {
    if (!(await this.acquireAsync(options))) {
      throw new TimedOut(`${this.#name}.holdAsync()`, options.timeoutMs as number)
    }
    return new Hold(this)
  }

  /** To the one that has waited longest, who goes on in a microtask. False when nobody waits. */
  protected handOver(): boolean {
    return this.#waiters.unparkOne(true)
  }
}
