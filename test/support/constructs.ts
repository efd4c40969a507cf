/**
 * Runs JavaScript constructs that suspend in the middle: many coroutines at once, each inside the same kind
 * of construct, interleaved at random, with collections in between, while the main stack runs it as well.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { addon } from './addon.ts'
import { collectFull, collectMinor, makeGarbage } from './garbage.ts'
import { Random } from './random.ts'
import { Coroutine, dropIdleStacks, Refused } from './raw-coroutine.ts'

export interface Turn {
  /** Differs from coroutine to coroutine; results must carry it. */
  readonly id: number
  /** Gives the processor away, then returns `value`. */
  pause<T>(value: T): T
  /** As `pause`, without a value: usable as a statement. */
  pause(): void
}

export type Construct = (turn: Turn) => void

export interface SpecialConstruct {
  run: Construct
  /** Why it can't run on this version of Node; undefined where it can. */
  missing?: string | undefined
  /** The code with which suspending inside is refused; undefined where it works. */
  refusal?: number | undefined
  /** Changes global state while it runs, so it must not be mixed with other constructs. */
  isGlobal?: boolean
}

interface Named extends SpecialConstruct {
  name: string
}

const coroutineCount = Number(process.env.GREENTHREADS_TEST_COROUTINES ?? 12)
const rounds = Number(process.env.GREENTHREADS_TEST_ROUNDS ?? 3)
const mixable: Named[] = []

// Said before anything runs: a crash leaves no other trace of it.
const { seed } = new Random()
console.log(`GREENTHREADS_TEST_SEED=${seed} repeats this interleaving`)

/** Registers one test per construct, and one in which those of the area are mixed. */
export function constructs(area: string, list: Record<string, Construct | SpecialConstruct>): void {
  const named = Object.entries(list).map(
    ([name, entry]): Named =>
      typeof entry === 'function' ? { name, run: entry } : { name, ...entry },
  )
  const possible = named.filter((construct) => construct.missing === undefined)
  const mixed = possible.filter((construct) => !construct.isGlobal)
  mixable.push(...mixed)
  describe(`suspending inside ${area}`, () => {
    for (const construct of named) {
      test(construct.name, { skip: construct.missing ?? false }, () => interleave([construct]))
    }
    test('all of these interleaved', { skip: mixed.length < 2 }, () => interleave(mixed))
  })
}

/** Interleaves the constructs of every area that was registered in this process. */
export function interleaveEverything(coroutinesPerConstruct: number): void {
  interleave(mixable, mixable.length * coroutinesPerConstruct)
}

function interleave(
  list: readonly Named[],
  count: number = Math.max(coroutineCount, list.length),
): void {
  const random = new Random(seed)
  const stacksBefore = addon.liveStacks()
  const crowd = new Crowd(random)
  for (let id = 0; id < count; id++) crowd.add(list[id % list.length] as Named, id)
  crowd.runOnMainEvery(7, list)
  crowd.finish()
  dropIdleStacks()
  assert.equal(addon.liveStacks(), stacksBefore, 'every stack is given back')
}

class Crowd {
  readonly #random: Random
  #living: Coroutine[] = []
  #main: readonly Named[] = []
  #mainEvery = Number.POSITIVE_INFINITY
  #steps = 0
  #nesting = 0
  #failure: { error: unknown } | undefined

  constructor(random: Random) {
    this.#random = random
  }

  add(construct: Named, id: number): void {
    const turn: Turn = { id, pause: (value?: unknown) => this.#pause(value, false) as never }
    const inside: Turn = { id, pause: (value?: unknown) => this.#pause(value, true) as never }
    this.#living.push(
      new Coroutine(() => {
        try {
          for (let round = 0; round < rounds; round++) {
            if (construct.refusal === undefined) construct.run(turn)
            else expectRefusal(construct, inside)
            turn.pause()
          }
        } catch (error) {
          this.#failure ??= { error: explain(error, construct, id, this.#random.seed) }
        }
      }),
    )
  }

  runOnMainEvery(steps: number, list: readonly Named[]): void {
    this.#mainEvery = steps
    this.#main = list
  }

  finish(): void {
    const limit = 40_000 + this.#living.length * 4_000
    while (this.#living.length > 0) {
      this.#step()
      if (this.#failure !== undefined) throw this.#failure.error
      if (this.#steps > limit)
        throw new Error(`not finished after ${limit} steps; seed ${this.#random.seed}`)
    }
  }

  #step(): void {
    this.#steps++
    this.#random.pick(this.#living).resume()
    if (this.#steps % this.#mainEvery === 0) this.#runOnMain(this.#random.pick(this.#main))
    if (this.#steps % 11 === 0) makeGarbage(200)
    if (this.#steps % 22 === 0) collectMinor()
    else if (this.#steps % 55 === 0) collectFull()
    this.#living = this.#living.filter((coroutine) => !coroutine.isDone)
  }

  #runOnMain(construct: Named): void {
    const id = 1_000_000 + this.#steps
    try {
      construct.run({
        id,
        pause: (value?: unknown) => this.#pauseOnMain(value, construct) as never,
      })
    } catch (error) {
      throw explain(error, construct, id, this.#random.seed)
    }
  }

  /** Main can't suspend, but it can run somebody else in the middle of what it does. */
  #pauseOnMain(value: unknown, construct: Named): unknown {
    if (construct.refusal === undefined) this.#resumeAnother(0.3)
    return value
  }

  #pause(value: unknown, isInsideRefusal: boolean): unknown {
    if (Coroutine.current === undefined)
      throw new Error('the construct ran on another stack than its own')
    if (!isInsideRefusal) {
      this.#resumeAnother(0.2)
      const target = this.#random.next() < 0.25 ? this.#someResumable() : undefined
      if (target !== undefined) {
        Coroutine.transferTo(target)
        return value
      }
    }
    Coroutine.suspend()
    return value
  }

  #resumeAnother(probability: number): void {
    if (this.#nesting >= 3 || this.#random.next() > probability) return
    const target = this.#someResumable()
    if (target === undefined) return
    this.#nesting++
    try {
      target.resume()
    } finally {
      this.#nesting--
    }
  }

  #someResumable(): Coroutine | undefined {
    const candidate = this.#random.pick(this.#living)
    return candidate?.isResumable ? candidate : undefined
  }
}

function expectRefusal(construct: Named, turn: Turn): void {
  assert.throws(
    () => construct.run(turn),
    (error) => error instanceof Refused && error.code === construct.refusal,
    `suspending inside is refused with code ${construct.refusal}`,
  )
}

function explain(error: unknown, construct: Named, id: number, seed: number): Error {
  return new Error(
    `"${construct.name}" failed in coroutine ${id}; GREENTHREADS_TEST_SEED=${seed} repeats it`,
    {
      cause: error,
    },
  )
}
