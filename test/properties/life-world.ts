import assert from 'node:assert/strict'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { untilParked, useVirtualClock, type VirtualClock } from 'greenthreads/testing'
import { liveCoroutines } from '#src/binding/occupants.js'
import { type Deferred, deferred } from '../core/deferred.ts'
import { Life } from './life-model.ts'
import type { Ending } from './life-program.ts'
import { Shared } from './shared.ts'

/** What the threads of a program share, and the rules that all of them must keep. */
export class LifeWorld {
  readonly clock: VirtualClock
  /** True where a thread goes on as soon as it is woken, so that nothing can come in between. */
  readonly isPrompt: boolean
  readonly lives: Life[] = []
  readonly trace: string[] = []
  readonly #gate: Deferred<void> = deferred()
  #isOpen = false
  /** Further rules, of what the threads share. */
  readonly shared: Shared
  /** Blocks that must be left as often as they are entered. */
  entered = 0
  left = 0
  /** Not thrown where they are found, as a program may swallow everything. */
  readonly #faults: string[] = []

  constructor(clock: VirtualClock, isPrompt: boolean) {
    this.clock = clock
    this.isPrompt = isPrompt
    this.shared = new Shared(this)
  }

  get gate(): Promise<void> {
    return this.#gate.promise
  }

  open(): void {
    this.#isOpen = true
    this.#gate.resolve()
  }

  log(life: Life, text: string): void {
    this.trace.push(`${this.clock.now()} ${life.name} ${text}`)
  }

  newLife(name: string): Life {
    const life = new Life(name)
    this.lives.push(life)
    return life
  }

  /** How many are suspended in this. */
  countOf(doing: string): number {
    return this.lives.filter((life) => life.doing === doing).length
  }

  check(life: Life | undefined, isTrue: boolean, fault: string): void {
    if (!isTrue) this.#faults.push(`${life?.name ?? 'async code'} at ${this.clock.now()}: ${fault}`)
  }

  /** Lets the time pass until all threads are over, and checks them whenever all are parked. */
  async runToEnd(ending: Ending): Promise<void> {
    await untilParked()
    this.#checkParked()
    while (this.#alive().length > 0) {
      if (!(await this.clock.advanceToNext())) {
        this.#unblock(ending)
        await untilParked()
      }
      this.#checkParked()
    }
    this.#checkEnds()
    assert.deepEqual(this.#faults, [])
  }

  /** So that a program that failed does not disturb the next one. */
  async cleanUp(): Promise<void> {
    this.open()
    for (const thread of suspendedThreads()) thread.cancel('the program has failed')
    await untilParked()
    while (await this.clock.advanceToNext()) await untilParked()
    this.clock.restore()
  }

  /** Everything waits for something that the program does not do. */
  #unblock(ending: Ending): void {
    const untouched = this.#alive().filter(({ isCancelled }) => !isCancelled)
    if (!this.#isOpen && (ending === 'open' || untouched.length === 0)) this.open()
    else if (untouched.length > 0) for (const life of untouched) life.cancel()
    else this.#failStuck()
  }

  #alive(): Life[] {
    return this.lives.filter(({ isOver }) => !isOver)
  }

  #failStuck(): never {
    const stuck = this.#alive().map(
      ({ name, doing, thread }) => `${name} in ${doing}:\n${thread.stack()}`,
    )
    throw new assert.AssertionError({ message: `stuck:\n${stuck.join('\n')}` })
  }

  #checkParked(): void {
    const alive = this.#alive()
    assert.deepEqual(
      new Set(suspendedThreads()),
      new Set(alive.map(({ thread }) => thread)),
      'all that are not over are suspended',
    )
    let timers = 0
    for (const life of alive) {
      this.check(life, life.doing !== 'running', 'is suspended in nothing')
      this.check(
        life,
        life.pending === undefined || this.shared.isReturning(life),
        `stays suspended in ${life.doing} though interrupted`,
      )
      if (life.hasTimer) timers++
      for (const { deadline, at } of life.regions) {
        if (deadline === undefined) continue
        // At the very time its timer may be one of those which are still to fire.
        const { isExpired } = deadline
        const now = this.clock.now()
        this.check(life, isExpired ? now >= at : now <= at, `its deadline for ${at} is wrong`)
        if (!isExpired) timers++
      }
    }
    assert.equal(this.clock.pending, timers, 'a timer for each sleep and each deadline')
    this.shared.checkParked()
  }

  #checkEnds(): void {
    for (const life of this.lives) {
      const { thread, outcome, told } = life
      this.check(life, thread.state === life.expectedState, `is ${thread.state}`)
      this.check(life, told.length === 1, `ended ${told.length} times`)
      this.check(life, outcome === undefined || sameOutcome(told[0], outcome), 'tells another end')
      this.check(life, thread.stack() === '', 'has a stack after its end')
    }
    this.shared.checkEnd()
    assert.equal(this.left, this.entered, 'every finally block ran once')
    assert.equal(this.clock.pending, 0, 'no timer is left')
    assert.equal(liveCoroutines().length, 0, 'every stack is given back')
  }
}

/** Runs it in a world with a clock of its own. */
export async function inLifeWorld(
  isPrompt: boolean,
  run: (world: LifeWorld) => Promise<void>,
): Promise<string[]> {
  const world = new LifeWorld(useVirtualClock(), isPrompt)
  try {
    await run(world)
  } finally {
    await world.cleanUp()
  }
  return world.trace
}

function sameOutcome(told: object | undefined, outcome: object): boolean {
  return (
    told !== undefined &&
    Object.entries(outcome).every(([key, value]) => Reflect.get(told, key) === value)
  )
}
