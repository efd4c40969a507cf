import assert from 'node:assert/strict'
import {
  Cancelled,
  current,
  type GreenThread,
  type Scope,
  scope,
  shield,
  sleep,
  spawn,
  TimedOut,
  yieldNow,
} from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { untilParked, type VirtualClock } from 'greenthreads/testing'
import { liveCoroutines } from '#src/binding/occupants.js'
import type { Program, ScopeStep, Step } from './scope-program.ts'

/** The plain model of a scope: who belongs to it, and what failed in it. */
interface Nursery {
  readonly scope: Scope
  readonly threads: GreenThread[]
  /** Each error once, in the order of time. */
  readonly failures: Set<unknown>
  /** When the first failure came. */
  failedAt: number | undefined
}

/** Where a step is carried out. */
interface Place {
  readonly name: string
  /** The innermost scope. */
  readonly nursery: Nursery | undefined
  /** Those which this thread is in. */
  readonly open: readonly Nursery[]
}

/** Carries programs out, and checks each scope when it is left. */
export class ScopeRun {
  readonly trace: string[] = []
  readonly #clock: VirtualClock
  /** True when nothing keeps a thread from ending at once. */
  readonly #isSwift: boolean
  readonly #threads: GreenThread[] = []
  readonly #faults: string[] = []
  #entered = 0
  #left = 0

  constructor(clock: VirtualClock, isSwift: boolean) {
    this.#clock = clock
    this.#isSwift = isSwift
  }

  async run(bodies: readonly Program[]): Promise<void> {
    const before = new Set(suspendedThreads())
    for (const [index, body] of bodies.entries()) {
      const place = { name: `t${index}`, nursery: undefined, open: [] }
      this.#begin((fn) => spawn(fn), body, place)
    }
    await untilParked()
    while (this.#threads.some((thread) => !isOver(thread)))
      assert.ok(await this.#clock.advanceToNext(), 'a thread waits for nothing')
    assert.deepEqual(this.#faults, [])
    assert.equal(this.#left, this.#entered, 'every finally block ran once')
    assert.deepEqual(
      suspendedThreads().filter((thread) => !before.has(thread)),
      [],
    )
    assert.equal(liveCoroutines().length, before.size, 'every stack is given back')
    assert.equal(this.#clock.pending, 0, 'no timer is left')
  }

  #begin(start: (fn: () => void) => GreenThread, body: Program, place: Place): void {
    const { nursery } = place
    const thread = start(() => {
      try {
        this.#block(body, place)
      } catch (error) {
        this.#noteEnd(place, error)
        throw error
      } finally {
        this.#log(place, 'ends')
      }
    })
    thread.then(undefined, () => {})
    this.#threads.push(thread)
    nursery?.threads.push(thread)
  }

  #block(body: Program, place: Place): void {
    for (const step of body) {
      this.#log(place, step.kind)
      this.#step(step, place)
    }
  }

  #step(step: Step, place: Place): void {
    switch (step.kind) {
      case 'sleep':
        sleep(step.ms)
        break
      case 'yield':
        yieldNow()
        break
      case 'throw':
        throw new Error(`thrown by ${place.name}`)
      case 'shield':
        shield(() => this.#block(step.body, place))
        break
      case 'swallow':
        this.#swallow(step.body, place)
        break
      case 'try':
        this.#try(step.body, step.cleanup, place)
        break
      case 'spawn':
      case 'start':
        this.#spawn(step, place)
        break
      case 'scope':
        this.#scope(step, place)
        break
      case 'cancelScope':
        place.nursery?.scope.cancel(Symbol('by the program'))
        break
      case 'cancel':
        this.#threads[step.thread % this.#threads.length]?.cancel(Symbol('by the program'))
        break
    }
  }

  #swallow(body: Program, place: Place): void {
    for (const step of body) {
      try {
        this.#block([step], place)
      } catch (error) {
        this.#log(place, `swallows ${(error as Error).name}`)
      }
    }
  }

  #try(body: Program, cleanup: Program, place: Place): void {
    this.#entered++
    try {
      this.#block(body, place)
    } finally {
      this.#left++
      shield(() => this.#block(cleanup, place))
    }
  }

  #spawn({ kind, body }: { kind: 'spawn' | 'start'; body: Program }, place: Place): void {
    const { nursery } = place
    const child = { name: `${place.name}.${this.#threads.length}`, nursery, open: [] }
    const isInScope = kind === 'start' && nursery !== undefined
    this.#begin((fn) => (isInScope ? nursery.scope.spawn(fn) : spawn(fn)), body, child)
  }

  #scope({ body, timeoutMs, limit }: ScopeStep, place: Place): void {
    const began = this.#clock.now()
    let nursery: Nursery | undefined
    const options = {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(limit === undefined ? {} : { limit }),
    }
    let thrown: unknown
    try {
      scope((s) => {
        nursery = { scope: s, threads: [], failures: new Set(), failedAt: undefined }
        const inside = { name: place.name, nursery, open: [...place.open, nursery] }
        try {
          this.#block(body, inside)
        } catch (error) {
          this.#noteEnd(inside, error)
          throw error
        }
      }, options)
    } catch (error) {
      thrown = error
      throw error
    } finally {
      if (nursery !== undefined) this.#checkLeft(place, nursery, thrown)
      const end = began + (timeoutMs ?? Number.POSITIVE_INFINITY)
      if (this.#isSwift) this.#check(place, this.#clock.now() <= end, 'outlives its limit of time')
    }
  }

  #checkLeft(place: Place, { threads, failures, failedAt }: Nursery, thrown: unknown): void {
    const alive = threads.filter((thread) => !isOver(thread))
    this.#check(place, alive.length === 0, `leaves ${alive.length} threads behind`)
    const [first, ...more] = failures
    if (failures.size === 0) {
      this.#check(place, thrown === undefined || isInterruption(thrown), `throws ${thrown}`)
    } else if (more.length === 0) {
      this.#check(place, thrown === first, `throws ${thrown}, not its failure`)
    } else {
      const errors = thrown instanceof AggregateError ? thrown.errors : []
      const isSame =
        errors.length === failures.size && [...failures].every((e, i) => e === errors[i])
      this.#check(place, isSame, `throws ${thrown}, not its ${failures.size} failures`)
    }
    if (this.#isSwift && failedAt !== undefined)
      this.#check(place, this.#clock.now() === failedAt, 'goes on after its failure')
  }

  /** A thread, or the function of a scope, ends with an error, which may be a failure in the scope. */
  #noteEnd({ nursery, open }: Place, error: unknown): void {
    if (nursery === undefined) return
    if ([nursery, ...open].some((around) => isEcho(around, error))) return
    const interruptions = [current()?.signal, ...open.map(({ scope }) => scope.signal)]
    if (interruptions.some((signal) => signal?.aborted && signal.reason === error)) return
    nursery.failures.add(error)
    nursery.failedAt ??= this.#clock.now()
  }

  #log({ name }: Place, text: string): void {
    this.trace.push(`${this.#clock.now()} ${name} ${text}`)
  }

  #check(place: Place, isTrue: boolean, fault: string): void {
    if (!isTrue) this.#faults.push(`a scope of ${place.name} at ${this.#clock.now()} ${fault}`)
  }
}

/** The cancellation of a thread, or the refusal of a new one, because its scope is cancelled. */
function isEcho({ scope: { signal }, failures }: Nursery, error: unknown): boolean {
  if (!(error instanceof Cancelled)) return false
  if (failures.has(error.cause)) return true // its signal aborts a microtask later
  const { aborted, reason } = signal
  return aborted && error.cause === (reason instanceof Cancelled ? reason.cause : reason)
}

function isInterruption(error: unknown): boolean {
  return error instanceof Cancelled || error instanceof TimedOut
}

function isOver({ state }: GreenThread): boolean {
  return state === 'finished' || state === 'failed' || state === 'cancelled'
}
