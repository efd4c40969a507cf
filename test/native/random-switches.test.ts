/**
 * Coroutines that switch, transfer, throw, end and are destroyed in a random order, in native frames and
 * with young objects on their stacks, while collections come at random. A model knows who may go on.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixtures } from '../support/fixtures.ts'
import { collectFull, collectMinor, makeGarbage } from '../support/garbage.ts'
import { Random } from '../support/random.ts'
import { Coroutine } from '../support/raw-coroutine.ts'
import { withoutLeaks } from '../support/suspended.ts'

const steps = 3000
const mostAlive = 25

class Stop extends Error {}

class Fuzz {
  readonly #random: Random
  readonly #alive: Coroutine[] = []
  #made = 0
  #depth = 0

  constructor(random: Random) {
    this.#random = random
  }

  run(): void {
    for (let step = 0; step < steps; step++) this.#act()
    for (const coroutine of this.#alive.splice(0)) if (coroutine.isResumable) coroutine.destroy()
  }

  /** One action of whoever runs, which may be the main stack. */
  #act(): void {
    const chance = this.#random.next()
    if (chance < 0.15) makeGarbage(50)
    else if (chance < 0.2) collectMinor()
    else if (chance < 0.21) collectFull()
    else if (chance < 0.4) this.#spawn()
    else this.#visit(this.#someResumable(), chance)
  }

  #spawn(): void {
    if (this.#alive.length >= mostAlive) return
    const tag = ++this.#made
    this.#alive.push(new Coroutine(() => this.#live(tag)))
  }

  #visit(target: Coroutine | undefined, chance: number): void {
    if (target === undefined || this.#depth > 5) return
    this.#depth++
    try {
      if (chance < 0.48) target.destroy()
      else if (chance < 0.56 && target.state === 'suspended') target.throwInto(new Stop())
      else target.resume()
    } catch (error) {
      if (!(error instanceof Stop)) throw error
    } finally {
      this.#depth--
    }
    this.#forgetDone()
  }

  #live(tag: number): void {
    for (let turns = this.#random.below(6); turns > 0; turns--) {
      const kept = { tag, list: [`text ${tag}`, { tag }] }
      this.#inSomeFrame(() => {
        this.#act()
        this.#leave()
      })
      assert.deepEqual(kept, { tag, list: [`text ${tag}`, { tag }] })
      if (this.#random.next() < 0.05) throw new Stop()
    }
  }

  #inSomeFrame(body: () => void): void {
    const frames: (() => void)[] = [
      body,
      () => {
        ;[2, 1].sort(() => {
          body()
          return 0
        })
      },
      () => {
        JSON.parse('[1]', (key, value) => {
          if (key === '0') body()
          return value
        })
      },
      () => assert.equal(fixtures.withHandles(body, 10), 45),
      () => void Reflect.construct(fixtures.construct, [body], class {}),
      () => fixtures.inIsolateScope(body),
      () => fixtures.withStrayWord(body),
    ]
    this.#random.pick(frames)()
  }

  #leave(): void {
    const target = this.#random.next() < 0.3 ? this.#someResumable() : undefined
    if (target === undefined) Coroutine.suspend()
    else Coroutine.transferTo(target)
  }

  #someResumable(): Coroutine | undefined {
    const candidate = this.#random.pick(this.#alive)
    return candidate?.isResumable ? candidate : undefined
  }

  #forgetDone(): void {
    for (let index = this.#alive.length - 1; index >= 0; index--) {
      if (this.#alive[index]?.isDone) this.#alive.splice(index, 1)
    }
  }
}

test('random switches, ends and collections leave everything whole', (t) => {
  const random = new Random()
  t.diagnostic(`GREENTHREADS_TEST_SEED=${random.seed} repeats it`)
  withoutLeaks(() => new Fuzz(random).run())
})
