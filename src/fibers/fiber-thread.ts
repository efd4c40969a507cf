import { bondsOf } from '../core/bonds.ts'
import { Fiber } from '../core/fiber.ts'
import { stackCount } from './stack-count.ts'

/** The function of a Fiber. */
export type Run = (argument?: never) => unknown

/**
 * One run of a Fiber: the green thread from its first `run()` until its function has returned. Nothing on
 * its stack refers to the Fiber that users hold, so that the end of that can be noticed; see collection.ts.
 *
 * It goes on because somebody visits it, by `run()`, `throwInto()` or `reset()`, and gets what it yields,
 * returns or throws; or because what it waits for by `wait()` wakes it, and then nobody gets that.
 */
export class FiberThread extends Fiber {
  /** The Fiber that users hold. Not held in `Fiber.yield()` when that one is watched. */
  owner: object | undefined
  /** Suspended in `Fiber.yield()`. */
  isYielding = false
  #isWatched = false
  #isVisited = false
  /** What it yields, returns or throws, on its way to the visitor. */
  #message: unknown = undefined
  #isThrow = false
  readonly #run: Run
  #arguments: readonly unknown[]

  constructor(owner: object, run: Run, args: readonly unknown[]) {
    super(run, undefined, NO_ARGS)
    this.owner = owner
    this.#run = run
    this.#arguments = args
  }

  /** For messages. */
  override toString(): string {
    return this.name === '' ? `Fiber ${this.id}` : `Fiber ${this.id} (${this.name})`
  }

  /** In `Fiber.yield()`, or on what it waits for and not woken yet: it can be thrown into. */
  get isInterruptible(): boolean {
    return this.isYielding || this.parking !== undefined || this.tether !== undefined
  }

  /** Starts it. Returns what it yields or returns, throws what it throws. */
  begin(): unknown {
    this.#isVisited = true
    this.start(NO_ARGS)
    return this.#takeMessage()
  }

  /** Continues it with what was put into its inbox. Returns and throws as `begin`. */
  visit(owner: object): unknown {
    this.owner = owner
    this.#isVisited = true
    this.isTransient = this.isYielding = false
    super.proceed()
    return this.#takeMessage()
  }

  /** Continues it with an error that is thrown where it is suspended. */
  throwInto(owner: object, error: unknown): unknown {
    const parking = this.parking ?? this.tether?.parking() ?? this.tether?.will
    parking?.abandon()
    this.putError(error)
    return this.visit(owner)
  }

  /** Lets every suspension throw, from the present one on, until its function has ended. */
  unwind(owner: object): unknown {
    const error = new Error('This Fiber is a zombie')
    this.unwinding = error
    this.isInterrupted = true
    try {
      return this.throwInto(owner, error)
    } catch (reason) {
      if (reason === error) return undefined
      throw reason
    }
  }

  /** It is about to suspend itself in `Fiber.yield()`. */
  yields(message: unknown): void {
    if (this.#isVisited) this.#message = message
    this.isYielding = true
    // Nothing is wrong when a program ends while generators and the like are suspended.
    this.isTransient = true
    if (this.#isWatched) this.owner = undefined
  }

  /** Unwinds it when it yields and its owner, which is not held any more then, is gone. */
  watch(): void {
    if (this.#isWatched) return
    this.#isWatched = true
    lost.register(this.owner as object, this, this)
    this.owner = undefined
  }

  /** Its owner is gone. It gets another one now, which may be kept. */
  lose(): void {
    this.#isWatched = false
    if (!this.isYielding) return
    try {
      this.unwind(makeOwner(this, this.#run))
    } catch (error) {
      process.nextTick(() => {
        throw error
      })
    }
  }

  /** Woken by what it waited for. */
  override proceed(): void {
    this.#isVisited = false
    super.proceed()
  }

  override refused(): void {
    this.isTransient = this.isYielding = false
    super.refused()
  }

  override thrown(error: unknown): void {
    // What somebody throws into it is to arrive as it is.
    if (!this.#isVisited) super.thrown(error)
  }

  override run(): void {
    stackCount.started()
    const args = this.#arguments
    this.#arguments = NO_ARGS
    try {
      this.#finish('finished', Reflect.apply(this.#run, globalThis, args))
    } catch (error) {
      this.#isThrow = this.#isVisited
      if (this.#isVisited || error === this.unwinding) bondsOf(this).isObserved = true
      this.#finish(error === this.cancellation ? 'cancelled' : 'failed', error)
    }
  }

  #finish(state: 'finished' | 'failed' | 'cancelled', outcome: unknown): void {
    stackCount.ended()
    if (this.#isVisited) this.#message = outcome
    if (this.#isWatched) lost.unregister(this)
    this.owner = undefined
    this.end(state, outcome)
  }

  #takeMessage(): unknown {
    const message = this.#message
    const isThrow = this.#isThrow
    this.#message = undefined
    this.#isThrow = false
    if (isThrow) throw message
    return message
  }
}

const NO_ARGS: readonly unknown[] = []

const lost = new FinalizationRegistry<FiberThread>((thread) => thread.lose())

let makeOwner: (thread: FiberThread, run: Run) => object

/** Tells how a Fiber is made for a thread whose own one is gone; called once, by the module that knows. */
export function onOwnerNeeded(make: (thread: FiberThread, run: Run) => object): void {
  makeOwner = make
}
