import { InvalidArgumentError, TooManyPermitsError } from '../errors.ts'
import { Acquirable } from './acquirable.ts'

export interface SemaphoreOptions {
  /** Releasing beyond this throws, as it shows a release too many; by default there is no bound. */
  maxPermits?: number
}

/**
 * A number of permits: so many may be inside at once, the others wait in the order in which they came.
 *
 * Green threads and async code share it. A permit that is released is handed over to the one that has
 * waited longest, which owns it from that moment on, even when it is cancelled before it goes on.
 * As in gevent, permits may be released by others than those who acquired them, and more of them than
 * there were at first; `maxPermits` is what gevent's and threading's BoundedSemaphore add.
 *
 * @example
 * const connections = new Semaphore(10)
 * spawn(() => {
 *   using _permit = connections.hold()
 *   wait(db.load(1)) // at most ten of these at once
 * })
 */
export class Semaphore extends Acquirable {
  #available: number
  readonly #maxPermits: number

  /** @param permits how many can be acquired before one is released. */
  constructor(permits: number, options: SemaphoreOptions = {}) {
    super('semaphore')
    const { maxPermits = Number.POSITIVE_INFINITY } = options
    if (!Number.isInteger(permits) || permits < 0) {
      throw new InvalidArgumentError('permits', 'a whole number from 0', permits)
    }
    if (!(maxPermits >= Math.max(permits, 1))) {
      throw new InvalidArgumentError('maxPermits', `at least 1 and ${permits}`, maxPermits)
    }
    this.#available = permits
    this.#maxPermits = maxPermits
  }

  /** How many permits can be acquired at once; while any is available nobody waits. */
  get available(): number {
    return this.#available
  }

  override tryAcquire(): boolean {
    if (this.#available === 0) return false
    this.#available--
    return true
  }

  /**
   * Releases permits; those who have waited longest get them, and go on in a microtask.
   *
   * @throws TooManyPermitsError, and releases none, when there would be more than `maxPermits`.
   */
  override release(count: number = 1): void {
    if (!Number.isInteger(count) || count < 1) {
      throw new InvalidArgumentError('count', 'a whole number from 1', count)
    }
    const handedOver = Math.min(count, this.waiting)
    const available = this.#available + count - handedOver
    if (available > this.#maxPermits) throw new TooManyPermitsError(available, this.#maxPermits)
    for (let i = 0; i < handedOver; i++) this.handOver()
    this.#available = available
  }
}
