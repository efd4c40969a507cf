import { Semaphore } from 'greenthreads'
import { UpstreamUnavailable } from './upstream-errors.ts'

export interface BulkheadOptions {
  readonly upstream: string
  /** Most calls at once. */
  readonly maxConcurrent: number
  /** Most calls that wait for that. */
  readonly maxQueue: number
}

/** Bounds the calls to one upstream: when it becomes slow, they do not pile up in here without end. */
export class Bulkhead {
  readonly #options: BulkheadOptions
  readonly #slots: Semaphore
  #refused = 0

  constructor(options: BulkheadOptions) {
    this.#options = options
    this.#slots = new Semaphore(options.maxConcurrent)
  }

  get running(): number {
    return this.#options.maxConcurrent - this.#slots.available
  }

  get queued(): number {
    return this.#slots.waiting
  }

  get refused(): number {
    return this.#refused
  }

  async run<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    // Without an await where nobody waits: then the call begins on the stack of its caller.
    if (!this.#slots.tryAcquire()) {
      if (this.#slots.waiting >= this.#options.maxQueue) throw this.#refusal()
      await this.#slots.acquireAsync({ signal })
    }
    try {
      return await call()
    } finally {
      this.#slots.release()
    }
  }

  #refusal(): UpstreamUnavailable {
    this.#refused++
    const { upstream, maxConcurrent, maxQueue } = this.#options
    return new UpstreamUnavailable(
      upstream,
      'BUSY',
      `The ${upstream} was not asked: ${maxConcurrent} calls are under way and ${maxQueue} wait; try again later.`,
    )
  }
}
