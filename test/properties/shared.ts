import assert from 'node:assert/strict'
import { Condition, Event } from 'greenthreads'
import { Conveyor } from './conveyor.ts'
import { Crew } from './crew.ts'
import { Guard } from './guard.ts'
import type { Life } from './life-model.ts'
import { CAPACITIES, type Program, type SharingStep } from './life-program.ts'
import type { LifeWorld } from './life-world.ts'
import { Meeting } from './meeting.ts'
import { suspending } from './suspending.ts'

/** Longest wait under a shield, where nothing else would end it. */
const SHIELDED_LIMIT_MS = 3

/** What the threads of a program share, each with a plain model of it. */
export class Shared {
  readonly #world: LifeWorld
  readonly #guards: { lock: Guard; rlock: Guard; semaphore: Guard; notices: Guard }
  readonly #conveyors: readonly Conveyor[]
  readonly #event = new Event()
  #sets = 0
  readonly #condition: Condition
  readonly #meeting: Meeting
  readonly crew: Crew
  #noticesGiven = 0
  #noticesTaken = 0

  constructor(world: LifeWorld) {
    this.#world = world
    this.#guards = Guard.all(world)
    this.#condition = new Condition(this.#guards.notices.lock)
    this.#meeting = new Meeting(world)
    this.crew = new Crew(world)
    this.#conveyors = CAPACITIES.map((capacity) => new Conveyor(world, capacity))
  }

  /** @param run carries out a block of the thread. */
  step(life: Life, step: SharingStep, run: (body: Program) => void): void {
    switch (step.kind) {
      case 'use': {
        const guard = this.#guards[step.guard]
        guard.use(life, limitOf(life, step.limitMs), () => run(step.body))
        break
      }
      case 'background':
        this.#guards[step.guard].useInBackground()
        break
      case 'send':
      case 'receive':
        this.#conveyors[step.channel]?.[step.kind](life, limitOf(life, step.limitMs))
        break
      case 'event':
        this.#awaitEvent(life, limitOf(life, step.limitMs))
        break
      case 'meet':
        this.#meeting.meet(life, limitOf(life, step.limitMs))
        break
      case 'set':
        this.#sets++
        this.#event.set()
        break
      case 'clear':
        this.#event.clear()
        break
      case 'notice':
        // Nothing would end it under a shield.
        if (!life.isShielded) this.#withNotices(life, () => this.#notice(life))
        break
      case 'notify':
        this.#withNotices(life, () => this.#notify())
        break
    }
  }

  /** Is it on its way back, to the lock of the condition or out of the pool, which nothing interrupts? */
  isReturning(life: Life): boolean {
    if (life.doing === 'map') return this.crew.isReturning(life)
    return life.doing === 'notice' && this.#guards.notices.inside > 0
  }

  /** Nothing is on its way now: who waits has reason to. */
  checkParked(): void {
    for (const guard of Object.values(this.#guards)) guard.checkParked()
    for (const conveyor of this.#conveyors) conveyor.checkParked()
    this.#meeting.checkParked()
    this.crew.checkParked()
    const waiting = this.#world.countOf('event')
    assert.equal(this.#event.waiting, waiting, 'all that wait for the event are in its queue')
    assert.ok(!this.#event.isSet || waiting === 0, 'nobody waits for an event that is set')
    assert.ok(this.#condition.waiting <= this.#world.countOf('notice'))
  }

  checkEnd(): void {
    for (const guard of Object.values(this.#guards)) guard.checkEnd()
    for (const conveyor of this.#conveyors) conveyor.checkEnd()
    this.#meeting.checkEnd()
    this.crew.checkEnd()
    assert.equal(this.#condition.waiting, 0)
    assert.ok(this.#noticesTaken <= this.#noticesGiven, 'each notice is taken by one')
  }

  #awaitEvent(life: Life, limitMs: number | undefined): void {
    const sets = this.#sets
    const wasSet = this.#event.isSet
    const end = this.#world.clock.now() + (limitMs ?? Number.POSITIVE_INFINITY)
    let isTrue = false
    const call = (): unknown => {
      isTrue = this.#event.wait(limitMs)
      return isTrue
    }
    const hasSuspended = suspending(this.#world, life, 'event', call, {
      hasTimer: limitMs !== undefined,
      isOptional: wasSet || limitMs === 0,
      isLazy: true,
    })
    this.#world.check(life, !(wasSet && hasSuspended), 'waited for an event that was set')
    if (isTrue) this.#world.check(life, wasSet || this.#sets > sets, 'went on before the event')
    else this.#world.check(life, this.#world.clock.now() === end, 'gave the event up too early')
  }

  #withNotices(life: Life, body: () => void): void {
    const guard = this.#guards.notices
    if (guard.isHeldBy(life)) body()
    else guard.use(life, limitOf(life, undefined), body)
  }

  #notice(life: Life): void {
    const guard = this.#guards.notices
    guard.leave()
    try {
      suspending(this.#world, life, 'notice', () => this.#condition.wait(), { isLazy: true })
      this.#noticesTaken++
    } finally {
      guard.enter(life)
    }
  }

  #notify(): void {
    this.#noticesGiven += Math.min(1, this.#condition.waiting)
    this.#condition.notify()
  }
}

/** Nothing but its own limit ends a wait under a shield. */
function limitOf(life: Life, limitMs: number | undefined): number | undefined {
  return limitMs ?? (life.isShielded ? SHIELDED_LIMIT_MS : undefined)
}
