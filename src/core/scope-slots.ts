import { WaitQueue } from './wait-queue.ts'

/** The room in a scope with a limit. */
export class ScopeSlots {
  /** Below 0 when more were taken than there are. */
  #free: number
  readonly #queue = new WaitQueue({
    call: 's.spawn()',
    inAsyncCode: 'await toAsync(() => s.spawn(fn))()',
  })

  constructor(limit: number) {
    this.#free = limit
  }

  /** Suspends the running thread until there is room. */
  take(): void {
    if (this.#free > 0) this.#free--
    else this.#queue.park() // woken owning the slot
  }

  takeAtOnce(): void {
    this.#free--
  }

  giveBack(): void {
    if (this.#free < 0 || !this.#queue.unparkOne()) this.#free++
  }
}
