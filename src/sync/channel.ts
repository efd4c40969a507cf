import { ChannelClosedError, InvalidArgumentError } from '../errors.ts'
import { checkWaitOptions, type WaitOptions, WaitQueue } from '../lowlevel.ts'
import { type ItemOrder, type Items, itemsInOrder } from './item-order.ts'

export interface ChannelOptions<T> {
  /**
   * How many items may lie in the channel; whoever sends more waits. By default 0: a sender waits until
   * its item is received. Infinity: senders never wait.
   */
  capacity?: number
  /**
   * Which of the items that lie in the channel is received next. By default `'fifo'`; `'lifo'` for the
   * newest, a comparator for the smallest first. Needs a capacity.
   */
  order?: ItemOrder<T>
}

/**
 * Hands items from senders to receivers, green threads and async code alike. Both wait their turn, first
 * come, first served.
 *
 * An item is received once or not at all: who gives up waiting (a timeout, a cancellation) has neither
 * received an item nor sent one. The semantics are those of Go's channels, and of gevent's queues.
 *
 * @typeParam T may include undefined.
 * @example
 * const channel = new Channel<string>({ capacity: 10 })
 * spawn(() => {
 *   for (const line of ['one', 'two']) channel.send(line)
 *   channel.close()
 * })
 * spawn(() => {
 *   for (const line of channel) console.log(line)
 * })
 */
export class Channel<T> {
  readonly capacity: number
  readonly #items: Items<T>
  readonly #senders = new WaitQueue<boolean, T>({
    call: 'channel.send()',
    inAsyncCode: 'await channel.sendAsync(item)',
  })
  readonly #receivers = new WaitQueue<T | typeof END>({
    call: 'channel.receive()',
    inAsyncCode: 'await channel.receiveAsync()',
  })
  #isClosed = false
  #closeCause: unknown = undefined

  constructor({ capacity = 0, order = 'fifo' }: ChannelOptions<T> = {}) {
    checkCapacity(capacity)
    checkOrder(order, capacity)
    this.capacity = capacity
    this.#items = itemsInOrder(order)
  }

  /** How many items lie in the channel; those of waiting senders are not among them. */
  get length(): number {
    return this.#items.length
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /**
   * Sends an item; suspends this green thread while the channel is full, or, without a capacity, until
   * the item is received.
   *
   * @throws TimedOut when that takes longer, ChannelClosedError; the item is not sent then.
   */
  send(item: T, timeoutMs: number = Number.POSITIVE_INFINITY): void {
    if (this.#offer(item)) return
    if (!this.#senders.parkWithin(timeoutMs, item)) throw this.#closed('send()')
  }

  /** Sends an item if that is possible at once. */
  trySend(item: T): boolean {
    return this.#offer(item)
  }

  /** As `send()`, for async code. */
  async sendAsync(item: T, options: WaitOptions = {}): Promise<void> {
    checkWaitOptions(options)
    if (this.#offer(item)) return
    if (!(await this.#senders.promise(options, item))) throw this.#closed('sendAsync()')
  }

  /**
   * Receives an item; suspends this green thread until there is one.
   *
   * @throws TimedOut when that takes longer, ChannelClosedError when no further item will come.
   */
  receive(timeoutMs: number = Number.POSITIVE_INFINITY): T {
    if (this.#hasItem) return this.#take()
    const item = this.#isClosed ? END : this.#receivers.parkWithin(timeoutMs)
    if (item === END) throw this.#closed('receive()')
    return item
  }

  /** Receives an item if there is one. */
  tryReceive(): { value: T } | undefined {
    return this.#hasItem ? { value: this.#take() } : undefined
  }

  /** As `receive()`, for async code. */
  async receiveAsync(options: WaitOptions = {}): Promise<Awaited<T>> {
    const item = await this.#nextAsync(options)
    if (item === END) throw this.#closed('receiveAsync()')
    return item as Awaited<T>
  }

  /** What would be received next, if there is something. */
  peek(): { value: T } | undefined {
    if (!this.#hasItem) return undefined
    return { value: this.#items.length > 0 ? this.#items.peek() : (this.#senders.firstOffer as T) }
  }

  /** Receives without waiting all that could be received now, those of waiting senders included. */
  drain(): T[] {
    const items: T[] = []
    while (this.#hasItem) items.push(this.#take())
    return items
  }

  /**
   * Ends the channel. What lies in it can still be received (call `drain()` to throw it away), then loops
   * over the channel end, and `receive()` throws. Sending throws from now on; senders that wait get the
   * error too, and their items are not sent. Further calls do nothing.
   *
   * @param cause why it was closed early: loops over the channel then throw ChannelClosedError with this
   * cause, instead of ending.
   */
  close(cause?: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#closeCause = cause
    this.#senders.unparkAll(false)
    this.#receivers.unparkAll(END)
  }

  /** `using channel = new Channel()` closes it at the end of the block. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** Receives until the channel is closed and empty. Leaving the loop leaves the channel open. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (;;) {
      const item = this.#next()
      if (item === END) return
      yield item
    }
  }

  /** The same for async code: `for await (const item of channel)`. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Awaited<T>, void, undefined> {
    for (;;) {
      const item = await this.#nextAsync({})
      if (item === END) return this.#throwCloseCause()
      yield item as Awaited<T>
    }
  }

  #next(): T | typeof END {
    if (this.#hasItem) return this.#take()
    const item = this.#isClosed ? END : this.#receivers.park()
    if (item === END) this.#throwCloseCause()
    return item
  }

  async #nextAsync(options: WaitOptions): Promise<T | typeof END> {
    checkWaitOptions(options)
    if (this.#hasItem) return this.#take()
    return this.#isClosed ? END : await this.#receivers.promise(options)
  }

  get #hasItem(): boolean {
    return this.#items.length > 0 || this.#senders.length > 0
  }

  #offer(item: T): boolean {
    if (this.#isClosed) throw this.#closed('send()')
    if (this.#receivers.unparkOne(item)) return true
    if (this.#items.length >= this.capacity) return false
    this.#items.put(item)
    return true
  }

  #take(): T {
    if (this.#items.length === 0) return this.#takeFromSender()
    const item = this.#items.take()
    if (this.#senders.length > 0) this.#items.put(this.#takeFromSender())
    return item
  }

  #takeFromSender(): T {
    const item = this.#senders.firstOffer as T
    this.#senders.unparkOne(true)
    return item
  }

  #throwCloseCause(): void {
    if (this.#closeCause !== undefined) throw this.#closed('A loop')
  }

  #closed(call: string): ChannelClosedError {
    return new ChannelClosedError(call, this.#closeCause)
  }
}

/** Received in place of an item when the channel is closed. */
const END = Symbol('end of channel')

function checkCapacity(capacity: unknown): void {
  if (capacity === Number.POSITIVE_INFINITY) return
  if (Number.isInteger(capacity) && (capacity as number) >= 0) return
  throw new InvalidArgumentError('capacity', 'an integer from 0, or Infinity', capacity)
}

function checkOrder(order: unknown, capacity: number): void {
  if (order === 'fifo') return
  if (order !== 'lifo' && typeof order !== 'function') {
    throw new InvalidArgumentError('order', "'fifo', 'lifo' or a comparator", order)
  }
  if (capacity > 0) return
  throw new InvalidArgumentError('capacity', 'greater than 0 where items have an order', capacity)
}
