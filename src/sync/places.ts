import { PoolFullError } from '../errors.ts'
import { type WaitOptions, WaitQueue } from '../lowlevel.ts'

/** What may be said about those who wait for a place. */
export interface WaitingLimits {
  readonly maxWaiting: number
  readonly maxWaitMs: number
}

/** The places of a pool. A place that comes free goes to whoever has waited longest for one. */
export class Places {
  readonly size: number
  readonly #name: string
  readonly #limits: WaitingLimits
  #free: number
  readonly #applicants = new WaitQueue<boolean>({
    call: 'pool.spawn()',
    inAsyncCode: 'await pool.applyAsync(() => ...)',
  })
  readonly #untilIdle = new WaitQueue({
    call: 'pool.join()',
    inAsyncCode: 'await pool.joinAsync()',
  })

  constructor(size: number, name: string, limits: WaitingLimits) {
    this.size = size
    this.#name = name
    this.#limits = limits
    this.#free = size
  }

  get free(): number {
    return this.#free
  }

  get waiting(): number {
    return this.#applicants.length
  }

  tryTake(): boolean {
    if (this.#free === 0) return false
    this.#free--
    return true
  }

  take(): void {
    if (this.tryTake()) return
    this.#checkMayWait()
    const { maxWaitMs } = this.#limits
    if (!this.#applicants.parkOr(false, maxWaitMs)) throw this.#full(maxWaitMs)
  }

  async takeAsync(signal: AbortSignal | undefined): Promise<void> {
    if (this.tryTake()) return
    this.#checkMayWait()
    const { maxWaitMs } = this.#limits
    const isTaken = await this.#applicants.promiseOr(false, { signal, timeoutMs: maxWaitMs })
    if (!isTaken) throw this.#full(maxWaitMs)
  }

  /** A place for work that was let in already: no limit applies. */
  async request(signal: AbortSignal): Promise<void> {
    await this.#applicants.promise({ signal })
  }

  release(): void {
    if (this.#applicants.unparkOne(true)) return
    this.#free++
    if (this.#free === this.size) this.#untilIdle.unparkAll()
  }

  untilIdle(timeoutMs: number): void {
    if (this.#free < this.size) this.#untilIdle.parkWithin(timeoutMs)
  }

  async untilIdleAsync(options: WaitOptions): Promise<void> {
    if (this.#free < this.size) await this.#untilIdle.promise(options)
  }

  #checkMayWait(): void {
    const { maxWaiting, maxWaitMs } = this.#limits
    if (this.waiting >= maxWaiting || maxWaitMs === 0) throw this.#full()
  }

  #full(waitedMs?: number): PoolFullError {
    return new PoolFullError(this.#name, this.size, this.waiting, waitedMs)
  }
}
