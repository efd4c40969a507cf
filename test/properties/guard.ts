import assert from 'node:assert/strict'
import { Lock, RLock, Semaphore } from 'greenthreads'
import type { Life } from './life-model.ts'
import type { LifeWorld } from './life-world.ts'
import { suspending } from './suspending.ts'

/** What the guards have in common. */
interface Gate {
  readonly waiting: number
  acquire(timeoutMs?: number): boolean
  release(): void
}

interface Place {
  readonly life: Life
  /** When it leaves the queue. */
  readonly end: number
}

const PERMITS = 2

/** A lock or a semaphore, and the plain model of it: so many are inside, in the order in which they came. */
export class Guard {
  readonly lock: Lock
  readonly #name: string
  readonly #gate: Gate
  readonly #world: LifeWorld
  readonly #permits: number
  inside = 0
  readonly #queue: Place[] = []
  /** Async functions that use it as well. */
  #background = 0
  #backgroundWaiting = 0
  #owner: Life | undefined = undefined

  constructor(world: LifeWorld, name: string, gate: Gate, permits: number) {
    this.#world = world
    this.#name = name
    this.#gate = gate
    this.#permits = permits
    this.lock = gate as Lock
  }

  static all(world: LifeWorld): { lock: Guard; rlock: Guard; semaphore: Guard; notices: Guard } {
    return {
      lock: new Guard(world, 'lock', new Lock(), 1),
      rlock: new Guard(world, 'rlock', new RLock(), 1),
      semaphore: new Guard(world, 'semaphore', new Semaphore(PERMITS), PERMITS),
      notices: new Guard(world, 'notices', new Lock(), 1),
    }
  }

  use(life: Life, limitMs: number | undefined, body: () => void): void {
    if (this.#gate instanceof RLock && this.isHeldBy(life)) this.#useAgain(life, body)
    else if (this.#acquire(life, limitMs)) this.#hold(life, body)
  }

  /** Of several that are inside, the last one. */
  isHeldBy(life: Life): boolean {
    return this.#owner === life
  }

  enter(life: Life | undefined): void {
    this.inside++
    this.#owner = life
    this.#check(life, this.inside <= this.#permits, `is inside with ${this.inside - 1} others`)
  }

  leave(): void {
    this.inside--
    this.#owner = undefined
  }

  /** As an async function, which shares the guard. */
  useInBackground(): void {
    this.#background++
    this.#backgroundWaiting++
    void this.#carryOut()
  }

  /** Whoever waits does so because it is full, and nobody is forgotten. */
  checkParked(): void {
    const free = this.#permits - this.inside
    assert.equal(this.#free, free, `${this.#name} has what it should`)
    const waiting = this.#world.countOf(this.#name) + this.#backgroundWaiting
    const returning = this.#name === 'notices' ? this.#world.countOf('notice') : 0
    assert.ok(this.#gate.waiting >= waiting, `all that wait for ${this.#name} are in its queue`)
    assert.ok(this.#gate.waiting <= waiting + returning, `nobody else waits for ${this.#name}`)
    assert.ok(free === 0 || this.#gate.waiting === 0, `nobody waits for a free ${this.#name}`)
  }

  checkEnd(): void {
    assert.equal(this.#free, this.#permits, `every ${this.#name} is given back`)
    assert.equal(this.#gate.waiting, 0)
    assert.equal(this.#background, 0, 'async code has ended')
  }

  get #free(): number {
    const gate = this.#gate
    if (gate instanceof Semaphore) return gate.available
    return (gate as Lock | RLock).isLocked ? 0 : 1
  }

  #acquire(life: Life, limitMs: number | undefined): boolean {
    const mustWait = this.#free === 0
    const nobodyWaited = this.#gate.waiting === 0
    const end = this.#world.clock.now() + (limitMs ?? Number.POSITIVE_INFINITY)
    const place = { life, end }
    let isIn = false
    this.#queue.push(place)
    try {
      const call = (): unknown => {
        isIn = this.#gate.acquire(limitMs)
        return isIn
      }
      const hasSuspended = suspending(this.#world, life, this.#name, call, {
        hasTimer: limitMs !== undefined,
        isOptional: !mustWait || limitMs === 0,
        isLazy: true,
      })
      this.#check(life, mustWait || !hasSuspended, 'waited though it was free')
      if (isIn && hasSuspended) this.#checkTurn(life, place)
      else if (isIn) this.#check(life, nobodyWaited, 'passed by those who waited')
      else this.#check(life, mustWait && this.#world.clock.now() === end, 'gave up too early')
    } finally {
      this.#queue.splice(this.#queue.indexOf(place), 1)
    }
    return isIn
  }

  /** Those who came before have left, or are leaving: nobody overtakes. */
  #checkTurn(life: Life, place: Place): void {
    if (!this.#world.isPrompt) return
    const now = this.#world.clock.now()
    const overtaken = this.#queue
      .slice(0, this.#queue.indexOf(place))
      .find((earlier) => earlier.life.pending === undefined && earlier.end > now)
    this.#check(life, overtaken === undefined, `overtook ${overtaken?.life.name}`)
  }

  #hold(life: Life, body: () => void): void {
    this.enter(life)
    try {
      body()
    } finally {
      this.leave()
      this.#gate.release()
    }
  }

  #useAgain(life: Life, body: () => void): void {
    const isSuspended = suspending(
      this.#world,
      life,
      this.#name,
      () => assert.equal(this.#gate.acquire(), true),
      { isOptional: true },
    )
    this.#check(life, !isSuspended, 'waited for itself')
    try {
      body()
    } finally {
      this.#gate.release()
    }
  }

  async #carryOut(): Promise<void> {
    const gate = this.#gate
    const held = await (gate instanceof RLock
      ? gate.holdAsync()
      : acquired(gate as Lock | Semaphore))
    this.#backgroundWaiting--
    this.enter(undefined)
    await Promise.resolve()
    this.leave()
    held.release()
    this.#background--
  }

  #check(life: Life | undefined, isTrue: boolean, fault: string): void {
    this.#world.check(life, isTrue, `${this.#name}: ${fault}`)
  }
}

async function acquired<G extends Lock | Semaphore>(gate: G): Promise<G> {
  await gate.acquireAsync()
  return gate
}
