import { setImmediate as nextTurn } from 'node:timers/promises'
import { spawn, wait } from 'greenthreads'

export type CrowdKind = 'green' | 'async' | 'none'

/** Many calls that are suspended at a depth usual for a request, each waiting for its own promise. */
export class Crowd {
  readonly #kind: CrowdKind
  readonly #depth: number
  #settlers: ((value: number) => void)[] = []
  #finished = 0

  constructor(kind: CrowdKind, depth = 15) {
    this.#kind = kind
    this.#depth = depth
  }

  suspend(count: number): void {
    if (this.#kind === 'none') return
    for (let i = 0; i < count; i++) {
      if (this.#kind === 'green') spawn(() => this.#finish(this.#level(this.#depth)))
      else this.#asyncLevel(this.#depth).then((result) => this.#finish(result))
    }
    if (this.#settlers.length !== count) throw new Error('Not all of the crowd are suspended.')
  }

  /** Lets all of them end, which shows that they were there. */
  async release(): Promise<void> {
    const settlers = this.#settlers
    this.#settlers = []
    const expected = this.#finished + settlers.length
    for (const settle of settlers) settle(1)
    await nextTurn()
    if (this.#finished !== expected) {
      throw new Error(`${this.#finished} calls ended, not ${expected}`)
    }
  }

  #pending(): Promise<number> {
    return new Promise((settle) => this.#settlers.push(settle))
  }

  #finish(result: number): void {
    if (result === this.#depth) this.#finished++
  }

  #level(below: number): number {
    if (below === 1) return wait(this.#pending())
    return this.#level(below - 1) + 1
  }

  async #asyncLevel(below: number): Promise<number> {
    if (below === 1) return await this.#pending()
    return (await this.#asyncLevel(below - 1)) + 1
  }
}
