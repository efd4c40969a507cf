import { TooManyTasksDoneError } from '../errors.ts'
import { checkWaitOptions, type WaitOptions, WaitQueue } from '../lowlevel.ts'
import { Channel, type ChannelOptions } from './channel.ts'

/**
 * A channel that also knows whether the work on its items is done: receivers say so, and others wait for
 * it. As Python's and gevent's JoinableQueue.
 *
 * @example
 * const channel = new TaskChannel<string>({ capacity: 100 })
 * spawn(() => {
 *   for (const url of channel) {
 *     try {
 *       wait(fetch(url))
 *     } finally {
 *       channel.taskDone()
 *     }
 *   }
 * })
 * spawn(() => {
 *   channel.send('http://localhost/')
 *   channel.joinTasks()
 * })
 */
export class TaskChannel<T> extends Channel<T> {
  #unfinished = 0
  readonly #finished = new WaitQueue({
    call: 'channel.joinTasks()',
    inAsyncCode: 'await channel.joinTasksAsync()',
  })

  constructor(options: ChannelOptions<T> = { capacity: Number.POSITIVE_INFINITY }) {
    super(options)
  }

  /** How many items were sent (or wait to be) and are not done yet. */
  get unfinished(): number {
    return this.#unfinished
  }

  override send(item: T, timeoutMs: number = Number.POSITIVE_INFINITY): void {
    this.#unfinished++
    try {
      super.send(item, timeoutMs)
    } catch (error) {
      this.#withdraw(1) // it was not sent
      throw error
    }
  }

  override trySend(item: T): boolean {
    this.#unfinished++
    let isSent = false
    try {
      isSent = super.trySend(item)
    } finally {
      if (!isSent) this.#withdraw(1)
    }
    return isSent
  }

  override async sendAsync(item: T, options?: WaitOptions): Promise<void> {
    this.#unfinished++
    try {
      await super.sendAsync(item, options)
    } catch (error) {
      this.#withdraw(1) // it was not sent
      throw error
    }
  }

  /** What is thrown away counts as done. */
  override drain(): T[] {
    const items = super.drain()
    this.#withdraw(items.length)
    return items
  }

  /**
   * Says that the work on one received item has ended.
   *
   * @throws TooManyTasksDoneError
   */
  taskDone(): void {
    if (this.#unfinished === 0) throw new TooManyTasksDoneError()
    this.#withdraw(1)
  }

  /**
   * Suspends this green thread until the work on every item is done.
   *
   * @throws TimedOut when that takes longer.
   */
  joinTasks(timeoutMs: number = Number.POSITIVE_INFINITY): void {
    if (this.#unfinished > 0) this.#finished.parkWithin(timeoutMs)
  }

  /** As `joinTasks()`, for async code. */
  async joinTasksAsync(options: WaitOptions = {}): Promise<void> {
    checkWaitOptions(options)
    if (this.#unfinished > 0) await this.#finished.promise(options)
  }

  #withdraw(count: number): void {
    if (this.#unfinished === 0) return
    // Somebody may have called taskDone() for what had not been received.
    this.#unfinished = Math.max(0, this.#unfinished - count)
    if (this.#unfinished === 0) this.#finished.unparkAll()
  }
}
