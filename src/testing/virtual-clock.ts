import { type Clock, useClock } from '../lowlevel.ts'
import { untilParked } from './parked.ts'

/**
 * Replaces the clock of green threads by one that stands still until it is told to move: `sleep`,
 * `withTimeout` and all waits with a limit take no real time, and end in the same order in every run.
 * `restore()`, or the end of a block with `using`, puts the previous clock back.
 *
 * It is the clock of this library: `setTimeout`, `Date.now()` and timers of other libraries stay real
 * (`mock.timers` of node:test replaces those).
 *
 * @example
 * using clock = useVirtualClock()
 * const thread = spawn(() => sleep(60_000))
 * await clock.advance(60_000)
 * console.log(thread.state) // finished
 */
export function useVirtualClock(): VirtualClock {
  return new VirtualClock()
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** What `useVirtualClock()` returns. */
export class VirtualClock implements Clock {
  #now = 0
  /** In the order in which they fire. */
  readonly #timers: Timer[] = []
  #onTimer: (() => void) | undefined = undefined
  readonly #restore: () => void = useClock(this)

  /** Milliseconds since the clock was made. */
  now(): number {
    return this.#now
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length
  }

  /**
   * Moves the time on. Timers fire in the order of their times, at one time in the order in which they
   * were set; before the first, and after each, everything that can go on does so until it is parked.
   */
  async advance(ms: number): Promise<void> {
    await untilParked()
    await this.#advanceTo(this.#now + ms)
  }

  /** Moves on to the time of the next timer. False when none is set; the time stays then. */
  async advanceToNext(): Promise<boolean> {
    await untilParked()
    const next = this.#timers[0]
    if (next === undefined) return false
    await this.#advanceTo(next.at)
    return true
  }

  /**
   * Lets the time pass by itself until a green thread has ended or a promise has settled; resolves or
   * rejects as that does. Whenever everything is parked, the clock jumps to the next timer; when none is
   * set, it waits for what happens outside (as trio's `MockClock` with autojump).
   *
   * Input and output take no virtual time: a limit of time on them passes at once.
   *
   * @example
   * using clock = useVirtualClock()
   * await clock.runUntil(spawn(() => sleep(60_000)))
   * console.log(clock.now()) // 60000
   */
  async runUntil<T>(ending: PromiseLike<T>): Promise<T> {
    let isSettled = false
    const note = (): void => {
      isSettled = true
    }
    const settled = ending.then(note, note)
    for (;;) {
      await untilParked()
      if (isSettled) return await ending
      if (!this.#fireNext()) await Promise.race([settled, this.#nextTimerSet()])
    }
  }

  /** Puts the previous clock back. Timers that are set stay with this one. */
  restore(): void {
    this.#restore()
  }

  [Symbol.dispose](): void {
    this.restore()
  }

  /** Called by the library. */
  setTimer(callback: () => void, delayMs: number): unknown {
    const timer = { at: this.#now + delayMs, callback }
    this.#timers.splice(this.#placeOf(timer.at), 0, timer)
    this.#onTimer?.()
    return timer
  }

  /** Called by the library. */
  clearTimer(timer: unknown): void {
    const index = this.#timers.indexOf(timer as Timer)
    if (index >= 0) this.#timers.splice(index, 1)
  }

  async #advanceTo(end: number): Promise<void> {
    for (let next = this.#timers[0]; next !== undefined && next.at <= end; next = this.#timers[0]) {
      this.#fireNext()
      await untilParked()
    }
    this.#now = Math.max(this.#now, end)
  }

  #fireNext(): boolean {
    const next = this.#timers.shift()
    if (next === undefined) return false
    this.#now = Math.max(this.#now, next.at)
    next.callback()
    return true
  }

  /** Behind all that fire at the same time. */
  #placeOf(at: number): number {
    let low = 0
    let high = this.#timers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#timers[middle] as Timer).at <= at) low = middle + 1
      else high = middle
    }
    return low
  }

  #nextTimerSet(): Promise<void> {
    return new Promise((resolve) => {
      this.#onTimer = () => {
        this.#onTimer = undefined
        resolve()
      }
    })
  }
}
