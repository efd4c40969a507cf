/** A small generator of reproducible numbers: the same seed gives the same interleaving. */
export class Random {
  readonly seed: number
  #state: number

  constructor(seed: number = seedFromEnvironment()) {
    this.seed = seed
    this.#state = seed
  }

  /** A number from 0 up to, not including, 1. */
  next(): number {
    // mulberry32: passes the usual tests of randomness and needs one word of state.
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let word = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word
    return ((word ^ (word >>> 14)) >>> 0) / 4294967296
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }
}

function seedFromEnvironment(): number {
  const given = process.env.GREENTHREADS_TEST_SEED
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given)
}
