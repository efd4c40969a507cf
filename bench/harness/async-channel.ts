/** A bounded channel as one writes it with promises: what a channel of green threads stands beside. */
export class AsyncChannel<T> {
  readonly #capacity: number
  readonly #items: T[] = []
  readonly #senders: { item: T; resolve: () => void }[] = []
  readonly #receivers: ((item: T) => void)[] = []

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  async send(item: T): Promise<void> {
    const receiver = this.#receivers.shift()
    if (receiver !== undefined) receiver(item)
    else if (this.#items.length < this.#capacity) this.#items.push(item)
    else await new Promise<void>((resolve) => this.#senders.push({ item, resolve }))
  }

  async receive(): Promise<T> {
    if (this.#items.length === 0 && this.#senders.length === 0) {
      return await new Promise<T>((resolve) => this.#receivers.push(resolve))
    }
    const sender = this.#senders.shift()
    if (sender !== undefined) {
      this.#items.push(sender.item)
      sender.resolve()
    }
    return this.#items.shift() as T
  }
}
