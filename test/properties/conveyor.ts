import assert from 'node:assert/strict'
import { TaskChannel, TimedOut } from 'greenthreads'
import type { Life } from './life-model.ts'
import type { LifeWorld } from './life-world.ts'
import { suspending } from './suspending.ts'

/** A channel, and the plain model of it: what is sent is received, and done, once, in its order; the rest never. */
export class Conveyor {
  readonly #world: LifeWorld
  readonly #capacity: number
  readonly #channel: TaskChannel<number>
  /** Items are numbered in the order in which they are offered. */
  #last = 0
  readonly #sent = new Set<number>()
  readonly #withdrawn = new Set<number>()
  readonly #received = new Set<number>()
  readonly #lastOf = new Map<Life, number>()

  constructor(world: LifeWorld, capacity: number) {
    this.#world = world
    this.#capacity = capacity
    this.#channel = new TaskChannel<number>({ capacity })
  }

  send(life: Life, limitMs: number | undefined): void {
    const item = ++this.#last
    try {
      this.#transfer(life, `send ${this.#capacity}`, limitMs, () =>
        this.#channel.send(item, limitMs),
      )
      this.#sent.add(item)
    } catch (error) {
      this.#withdrawn.add(item)
      throw error
    }
  }

  receive(life: Life, limitMs: number | undefined): void {
    let item = 0
    this.#transfer(life, `receive ${this.#capacity}`, limitMs, () => {
      item = this.#channel.receive(limitMs)
    })
    this.#check(life, !this.#received.has(item), `received ${item} twice`)
    this.#check(life, item > (this.#lastOf.get(life) ?? 0), `received ${item} too late`)
    this.#received.add(item)
    this.#lastOf.set(life, item)
    this.#channel.taskDone()
  }

  checkParked(): void {
    const receivers = this.#world.countOf(`receive ${this.#capacity}`)
    const senders = this.#world.countOf(`send ${this.#capacity}`)
    const { length } = this.#channel
    assert.ok(receivers === 0 || (length === 0 && senders === 0), 'nobody misses an item')
    assert.ok(senders === 0 || length === this.#capacity, 'senders wait for a full channel')
    assert.equal(length, this.#sent.size - this.#received.size, 'nothing is lost')
    assert.equal(this.#channel.unfinished, length + senders, 'what is not received is not done')
  }

  checkEnd(): void {
    const left = this.#channel.drain()
    assert.equal(this.#channel.unfinished, 0, 'what is thrown away is done')
    assert.deepEqual(
      left,
      left.toSorted((a, b) => a - b),
      'what is left is in its order',
    )
    assert.deepEqual(
      new Set([...this.#received, ...left]),
      this.#sent,
      'what was sent, and nothing else, was received',
    )
    for (const item of this.#withdrawn) assert.ok(!this.#received.has(item))
  }

  #transfer(life: Life, what: string, limitMs: number | undefined, call: () => void): void {
    const end = this.#world.clock.now() + (limitMs ?? Number.POSITIVE_INFINITY)
    try {
      suspending(this.#world, life, what, call, {
        hasTimer: limitMs !== undefined,
        isOptional: true,
        isLazy: true,
      })
    } catch (error) {
      const isMine = error instanceof TimedOut && life.interruptionOf(error) === undefined
      if (isMine) this.#check(life, this.#world.clock.now() === end, 'gave up at another time')
      throw error
    }
  }

  #check(life: Life, isTrue: boolean, fault: string): void {
    this.#world.check(life, isTrue, `channel of ${this.#capacity}: ${fault}`)
  }
}
