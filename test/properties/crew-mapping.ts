import { current, type GreenThread, type Pool } from 'greenthreads'
import type { Life } from './life-model.ts'
import type { Mapped, Program } from './life-program.ts'
import type { LifeWorld } from './life-world.ts'
import { suspending } from './suspending.ts'

/** One call of `pool.map()` or of its kin, and the plain model of it. */
export class CrewMapping {
  readonly #world: LifeWorld
  readonly #caller: Life
  readonly #step: Mapped
  readonly #hands = new Map<GreenThread, Life>()
  readonly #onHand: (hand: Life) => void
  /** Of each item: whether its call has begun, and whether it has ended. */
  readonly #calls = new Map<number, 'begun' | 'ended'>()
  #failure: { error: unknown } | undefined = undefined
  #isLeft = false

  /** @param onHand is told of each thread that makes calls. */
  constructor(world: LifeWorld, caller: Life, step: Mapped, onHand: (hand: Life) => void) {
    this.#world = world
    this.#caller = caller
    this.#step = step
    this.#onHand = onHand
  }

  /** @param run carries out a block of a thread. */
  run(pool: Pool, run: (hand: Life, body: Program) => void): void {
    const { how, items } = this.#step
    const call = (body: Program, index: number): number => this.#call(index, (h) => run(h, body))
    const results: number[] = []
    const take = (): void => {
      if (how === 'map') results.push(...pool.map(items, call))
      else this.#loop(pool[how](items, call, this.#ahead), results)
    }
    try {
      suspending(this.#world, this.#caller, 'map', take, { isOptional: true, isLazy: true })
      this.#checkResults(results)
    } catch (error) {
      const isDue = this.#caller.interruptionOf(error) !== undefined
      this.#check(isDue || error === this.#failure?.error, `${how} threw ${error}`)
      throw error
    } finally {
      const underWay = [...this.#calls.values()].filter((state) => state === 'begun').length
      this.#check(underWay === 0, `${how} ended before ${underWay} of its calls`)
      this.#check(this.#live().length === 0, `${how} left threads behind`)
    }
  }

  /**
   * Nothing keeps those at work who are not wanted any more, and nobody else is stopped. Whoever has a place
   * himself gets on, full as the pool may be.
   */
  checkParked(hands: readonly Life[]): void {
    const isStopped = this.#isStopped
    const getsOn = this.#live().length > 0 || !hands.includes(this.#caller)
    this.#check(getsOn, `waits in ${this.#step.how} for other places than its own`)
    for (const hand of this.#live())
      this.#world.check(hand, isStopped || !hand.isStopped, 'was stopped without a reason')
    if (!isStopped) return
    for (const hand of this.#live())
      this.#world.check(hand, hand.isCancelled, 'goes on for a mapping that is stopped')
  }

  /** Does its caller only wait for the end of what is cancelled? */
  get isEnding(): boolean {
    return this.#isStopped && this.#live().length > 0
  }

  isOf(caller: Life): boolean {
    return caller === this.#caller
  }

  get #isStopped(): boolean {
    return this.#failure !== undefined || this.#isLeft || this.#caller.pending !== undefined
  }

  get #ahead(): { ahead?: number } {
    const { ahead } = this.#step
    return ahead === undefined ? {} : { ahead }
  }

  #loop(iterator: Iterable<number>, results: number[]): void {
    for (const result of iterator) {
      results.push(result)
      if (results.length !== this.#step.leaveAfter) continue
      this.#isLeft = true
      break
    }
  }

  #call(index: number, run: (hand: Life) => void): number {
    this.#check(this.#failure === undefined, 'a call began after one had failed')
    this.#check(!this.#calls.has(index), `item ${index} was handed out twice`)
    this.#calls.set(index, 'begun')
    try {
      run(this.#hand())
      return index
    } catch (error) {
      this.#failure ??= { error }
      throw error
    } finally {
      this.#calls.set(index, 'ended')
    }
  }

  /** The thread that makes the call; it may have made others. */
  #hand(): Life {
    const thread = current() as GreenThread
    let hand = this.#hands.get(thread)
    if (hand === undefined) {
      hand = this.#world.newLife(`${this.#caller.name}~${this.#hands.size}`)
      hand.hireOut(thread)
      this.#hands.set(thread, hand)
      this.#onHand(hand)
    }
    return hand
  }

  #live(): Life[] {
    return [...this.#hands.values()].filter((hand) => !hand.isOver)
  }

  #checkResults(results: readonly number[]): void {
    const { how, items, leaveAfter = Number.POSITIVE_INFINITY } = this.#step
    this.#check(this.#failure === undefined || this.#isLeft, `${how} lost ${this.#failure?.error}`)
    const wanted = how === 'map' ? items.length : Math.min(items.length, leaveAfter)
    const isInOrder = how === 'imapUnordered' || results.every((result, index) => result === index)
    const areDifferent = new Set(results).size === results.length
    const isRight = isInOrder && areDifferent && results.length === wanted
    this.#check(isRight, `${how} of ${items.length} gave ${results}`)
  }

  #check(isTrue: boolean, fault: string): void {
    this.#world.check(this.#caller, isTrue, fault)
  }
}
