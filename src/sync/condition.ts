import { checkTimeout, checkWaitOptions, clock, type WaitOptions, WaitQueue } from '../lowlevel.ts'
import { Lock } from './lock.ts'
import type { RLock } from './rlock.ts'

/**
 * Waiting for a change of what a lock protects. As threading.Condition: whoever waits gives the lock up
 * meanwhile, and has it again when the wait returns or throws.
 *
 * Nothing interrupts the return to the lock: a thread that is cancelled while it waits gets `Cancelled`
 * when it owns the lock again.
 *
 * @example
 * const jobs: string[] = []
 * const isFilled = new Condition()
 * spawn(() => {
 *   using _hold = isFilled.lock.hold()
 *   isFilled.waitFor(() => jobs.length > 0)
 *   console.log(jobs.shift())
 * })
 * spawn(() => {
 *   using _hold = isFilled.lock.hold()
 *   jobs.push('a job')
 *   isFilled.notify()
 * })
 */
export class Condition {
  /** To be held around every call but this one. */
  readonly lock: Lock | RLock
  readonly #waiters = new WaitQueue<boolean>({
    call: 'condition.wait()',
    inAsyncCode: 'await condition.waitAsync()',
  })

  /** @param lock one that several conditions share, or an `RLock`; by default a `Lock` of its own. */
  constructor(lock: Lock | RLock = new Lock()) {
    this.lock = lock
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#waiters.length
  }

  /**
   * Gives the lock up (an `RLock` wholly), suspends until it is notified, and takes the lock back.
   *
   * @param timeoutMs the longest time to wait for the notification; getting the lock back may take
   * longer. With 0 it keeps the lock and never suspends.
   * @returns false when the time is over.
   * @throws NotLockedError, NotOwnerError without the lock; NotInGreenThreadError on the main stack,
   * CannotSuspendError where it can't wait: the lock is not given up then. Cancelled, TimedOut (of a
   * deadline around it).
   */
  wait(timeoutMs: number = Number.POSITIVE_INFINITY): boolean {
    checkTimeout('timeoutMs', timeoutMs)
    this.lock.checkHeld('condition.wait()')
    if (timeoutMs === 0) return false
    this.#waiters.checkCanPark()
    const lock: ConditionLock = this.lock
    const ownership = lock.giveUp()
    try {
      return this.#waiters.parkOr(false, timeoutMs)
    } finally {
      lock.takeBack(ownership)
    }
  }

  /**
   * As `wait`, for async code; rejects when the signal aborts. With an `RLock` the hold that owns it at
   * that moment gives it up and gets it back.
   */
  async waitAsync(options: WaitOptions = {}): Promise<boolean> {
    checkWaitOptions(options)
    this.lock.checkHeld('condition.waitAsync()')
    if (options.timeoutMs === 0) return false
    const lock: ConditionLock = this.lock
    const notification = this.#waiters.promiseOr(false, options)
    const ownership = lock.giveUp()
    try {
      return await notification
    } finally {
      await lock.takeBackAsync(ownership)
    }
  }

  /**
   * Waits until the predicate, which is called with the lock held, says that it is so.
   *
   * @returns false when the time is over and it still is not.
   * @throws what `wait` and the predicate throw.
   */
  waitFor(predicate: () => boolean, timeoutMs: number = Number.POSITIVE_INFINITY): boolean {
    checkTimeout('timeoutMs', timeoutMs)
    this.lock.checkHeld('condition.waitFor()')
    const end = clock.now() + timeoutMs
    while (!predicate()) {
      if (!this.wait(Math.max(end - clock.now(), 0))) return predicate()
    }
    return true
  }

  /** As `waitFor`, for async code; rejects when the signal aborts. */
  async waitForAsync(predicate: () => boolean, options: WaitOptions = {}): Promise<boolean> {
    checkWaitOptions(options)
    this.lock.checkHeld('condition.waitForAsync()')
    const { signal, timeoutMs = Number.POSITIVE_INFINITY } = options
    const end = clock.now() + timeoutMs
    while (!predicate()) {
      const leftMs = Math.max(end - clock.now(), 0)
      if (!(await this.waitAsync({ signal, timeoutMs: leftMs }))) return predicate()
    }
    return true
  }

  /**
   * Wakes those that have waited longest, at most so many. They go on when they get the lock.
   *
   * @throws NotLockedError, NotOwnerError without the lock.
   */
  notify(count: number = 1): void {
    this.lock.checkHeld('condition.notify()')
    for (let i = 0; i < count && this.#waiters.unparkOne(true); i++);
  }

  /** Wakes all that wait now. */
  notifyAll(): void {
    this.lock.checkHeld('condition.notifyAll()')
    this.#waiters.unparkAll(true)
  }
}

/** How a lock is left and entered again, with whatever it knows of its owner. */
interface ConditionLock {
  giveUp(): unknown
  takeBack(ownership: unknown): void
  takeBackAsync(ownership: unknown): Promise<void>
}
