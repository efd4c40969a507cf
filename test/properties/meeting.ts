import assert from 'node:assert/strict'
import { Barrier, BrokenBarrierError } from 'greenthreads'
import type { Life } from './life-model.ts'
import type { LifeWorld } from './life-world.ts'
import { suspending } from './suspending.ts'

const PARTIES = 3

/**
 * A barrier that its parties repair when it breaks, and the plain model of it: they go on together, or
 * whoever leaves breaks it for the others. */
export class Meeting {
  readonly #world: LifeWorld
  readonly #barrier = new Barrier(PARTIES)
  #repairs = 0
  /** How many went on as the first of their round, as the second, and so on. */
  readonly #passed: number[] = new Array(PARTIES).fill(0)

  constructor(world: LifeWorld) {
    this.#world = world
  }

  meet(life: Life, limitMs: number | undefined): void {
    const isLast = this.#barrier.waiting === PARTIES - 1
    const isInterrupted = life.pending !== undefined
    const repairs = this.#repairs
    let index = 0
    const call = (): unknown => {
      index = this.#barrier.wait(limitMs)
      return index
    }
    try {
      const hasSuspended = suspending(this.#world, life, 'meet', call, {
        hasTimer: limitMs !== undefined,
        isOptional: isLast || limitMs === 0 || this.#barrier.isBroken,
        isLazy: true,
      })
      this.#world.check(life, !(isLast && hasSuspended), 'waited though all were there')
      this.#passed[index] = (this.#passed[index] as number) + 1
    } catch (error) {
      const isBroken = this.#barrier.isBroken || this.#repairs > repairs
      this.#world.check(life, isBroken || isInterrupted, 'left the others without a word')
      this.#repair()
      if (error instanceof BrokenBarrierError) return
      this.#world.check(life, life.interruptionOf(error) !== undefined, `meet threw ${error}`)
      throw error
    }
  }

  #repair(): void {
    if (!this.#barrier.isBroken) return
    this.#repairs++
    this.#barrier.reset()
  }

  checkParked(): void {
    assert.equal(this.#barrier.isBroken, false, 'whoever learns that it is broken repairs it')
    assert.equal(this.#barrier.waiting, this.#world.countOf('meet'), 'all that wait have arrived')
    assert.ok(this.#barrier.waiting < PARTIES, 'nobody waits when all are there')
  }

  checkEnd(): void {
    assert.equal(this.#barrier.waiting, 0)
    assert.deepEqual(
      this.#passed,
      new Array(PARTIES).fill(this.#passed[0]),
      'all of a round went on',
    )
  }
}
