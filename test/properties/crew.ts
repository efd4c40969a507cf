import assert from 'node:assert/strict'
import { Pool } from 'greenthreads'
import { CrewMapping } from './crew-mapping.ts'
import type { Life } from './life-model.ts'
import type { Mapped, Program } from './life-program.ts'
import type { LifeWorld } from './life-world.ts'
import { suspending } from './suspending.ts'

const SIZE = 2

/** A pool, and the plain model of it: so many are at work, and nobody waits while one more could be. */
export class Crew {
  readonly #world: LifeWorld
  readonly #pool = new Pool(SIZE)
  /** Those that have begun; some of them are over. */
  #hands: Life[] = []
  readonly #mappings = new Set<CrewMapping>()

  constructor(world: LifeWorld) {
    this.#world = world
  }

  /** @param begin makes the life of the thread on whose stack it is called, and carries it out. */
  start(life: Life, begin: (hand: Life) => unknown, name: string): Life | undefined {
    let hand: Life | undefined
    const isFull = this.#pool.available === 0
    const work = (): unknown => {
      hand = this.#world.newLife(name)
      hand.adopt()
      this.#enter(hand)
      return begin(hand)
    }
    const hasSuspended = suspending(this.#world, life, 'pool', () => this.#pool.spawn(work), {
      isOptional: !isFull,
      isLazy: true,
    })
    this.#world.check(life, isFull || !hasSuspended, 'waited for a place though one was free')
    return hand
  }

  /** @param run carries out a block of a thread. */
  map(life: Life, step: Mapped, run: (hand: Life, body: Program) => void): void {
    const mapping = new CrewMapping(this.#world, life, step, (hand) => this.#enter(hand))
    this.#mappings.add(mapping)
    try {
      mapping.run(this.#pool, run)
    } finally {
      this.#mappings.delete(mapping)
    }
  }

  /** Does it wait for threads of the pool that are cancelled, and let nothing interrupt that? */
  isReturning(life: Life): boolean {
    return [...this.#mappings].some((mapping) => mapping.isOf(life) && mapping.isEnding)
  }

  checkParked(): void {
    const hands = this.#hands.filter((hand) => !hand.isOver)
    const { active, waiting } = this.#pool
    // One whose thread maps may have lent its place to one that works for it.
    const lent = hands.filter(({ doing }) => doing === 'map').length
    const isInRange = hands.length - lent <= active && active <= Math.min(SIZE, hands.length)
    assert.ok(isInRange, `a place for each of ${hands.length} at work, and no more: ${active}`)
    const asking = this.#world.countOf('pool')
    const isAsked = asking <= waiting && waiting <= asking + this.#mappings.size
    assert.ok(isAsked, `all ${asking} that wait are in the queue: ${waiting}`)
    assert.ok(waiting === 0 || active === SIZE, 'nobody waits for a free place')
    for (const mapping of this.#mappings) mapping.checkParked(hands)
  }

  checkEnd(): void {
    assert.deepEqual([this.#pool.active, this.#pool.waiting], [0, 0], 'every place is free')
    assert.equal(this.#mappings.size, 0)
  }

  #enter(hand: Life): void {
    this.#hands = this.#hands.filter((one) => !one.isOver)
    this.#hands.push(hand)
    const working = this.#hands.filter(({ doing }) => doing !== 'map').length
    this.#world.check(hand, working <= SIZE, 'is one too many in the pool')
  }
}
