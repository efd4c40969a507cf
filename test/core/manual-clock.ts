import { type Clock, useClock } from 'greenthreads/lowlevel'

/** A clock that stands still until it is told to move. */
export class ManualClock implements Clock {
  #now = 0
  #timers: Timer[] = []
  readonly #restore = useClock(this)

  now(): number {
    return this.#now
  }

  setTimer(callback: () => void, delayMs: number): unknown {
    const timer = { at: this.#now + delayMs, callback }
    this.#timers.push(timer)
    return timer
  }

  clearTimer(timer: unknown): void {
    this.#timers = this.#timers.filter((other) => other !== timer)
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length
  }

  /** Moves on; timers fire in the order of their times, with microtasks in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await turn()
    for (let next = this.#due(end); next !== undefined; next = this.#due(end)) {
      this.#now = next.at
      this.clearTimer(next)
      next.callback()
      await turn()
    }
    this.#now = end
  }

  restore(): void {
    this.#restore()
  }

  #due(end: number): Timer | undefined {
    return this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
  }
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** One round of the event loop: everything that was ready has run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
