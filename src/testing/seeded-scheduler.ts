import { InvalidArgumentError } from '../errors.ts'
import { type Scheduler, useScheduler } from '../lowlevel.ts'
import { Random } from './random.ts'

/** Seeds differ in 32 bits. */
export const SEEDS: number = 2 ** 32

/**
 * Lets a seed decide which of the green threads that can go on does so next. The same seed gives the same
 * order; other seeds give orders that are possible as well (after a change in a library, say), and in
 * which a program should still be right. `restore()`, or the end of a block with `using`, ends it.
 *
 * One thread goes on at a time, and everything else that is ready (promise reactions, ticks) runs before
 * the next is chosen. The order of async code is not changed, and `spawn` still runs its thread at once.
 * For orders that are the same again use the virtual clock too: real timers fire when they like.
 *
 * @param seed an integer from 0 to 4294967295.
 * @example
 * using scheduler = useSeededScheduler(7)
 * const log: string[] = []
 * for (const name of ['a', 'b', 'c']) spawn(() => (yieldNow(), log.push(name)))
 * await untilParked()
 * console.log(scheduler.seed, log) // the same whenever the seed is 7
 */
export function useSeededScheduler(seed: number): SeededScheduler {
  checkSeed(seed)
  return new SeededScheduler(seed)
}

export function checkSeed(seed: unknown): void {
  if (Number.isInteger(seed) && (seed as number) >= 0 && (seed as number) < SEEDS) return
  throw new InvalidArgumentError('seed', `an integer from 0 to ${SEEDS - 1}`, seed)
}

/** What `useSeededScheduler()` returns. */
export class SeededScheduler implements Scheduler {
  readonly seed: number
  readonly #random: Random
  readonly #ready: (() => void)[] = []
  #isTurnSet = false
  readonly #restore: () => void = useScheduler(this)

  constructor(seed: number) {
    this.seed = seed
    this.#random = new Random(seed)
  }

  /** Called by the library. */
  ready(proceed: () => void): void {
    this.#ready.push(proceed)
    this.#setTurn()
  }

  /** Threads go on in the usual order again, but for those which are ready now: the seed still decides. */
  restore(): void {
    this.#restore()
  }

  [Symbol.dispose](): void {
    this.restore()
  }

  // A turn of the event loop each: whatever can become ready by microtasks takes part in the choice.
  #setTurn(): void {
    if (this.#isTurnSet) return
    this.#isTurnSet = true
    setImmediate(() => this.#takeTurn())
  }

  #takeTurn(): void {
    this.#isTurnSet = false
    const [proceed] = this.#ready.splice(this.#random.below(this.#ready.length), 1)
    if (this.#ready.length > 0) this.#setTurn()
    proceed?.()
  }
}
