import { Coroutine, liveCoroutines, resume, running, start, suspend } from '../binding/coroutine.ts'
import { AlreadyStartedError, type Cancelled, TerminatedError } from '../errors.ts'
import { interruption, type Region } from './interruption.ts'
import { extendStack } from './stack-trace.ts'
import { ignoreRejection, listen, type Parking, proceedSoon, promiseOf } from './waiter.ts'

/** A function that a green thread runs. */
export type Body = (...args: never[]) => unknown

/** Where a green thread is in its life. `running` includes: waiting for one that it started. */
export type ThreadState = 'pending' | 'running' | 'suspended' | 'finished' | 'failed' | 'cancelled'

/** What is known of a green thread while nobody but its promise holds it; see unreachable.ts. */
export interface Tether {
  handle(): object | undefined
  parking(): Parking | undefined
  /** The fiber goes on: hold it strongly again. */
  release(): void
  /** A handle that was made since. */
  adopt(handle: object): void
}

/**
 * The inner side of a green thread: `GreenThread` is the handle that users hold.
 *
 *   pending -> running <-> suspended
 *                 |            `- woken: no longer on its parking, its turn is to come
 *                 `-> finished | failed | cancelled
 */
export class Fiber extends Coroutine {
  static #lastId = 0

  readonly id: number = ++Fiber.#lastId
  state: ThreadState = 'pending'
  readonly #body: Body
  #receiver: unknown
  #args: readonly unknown[]
  /** The result or the error. */
  outcome: unknown = undefined
  /** What it waits on; undefined when it is not suspended or woken already. */
  parking: Parking | undefined = undefined
  /** The user's handle, created at first need. */
  handle: object | undefined = undefined
  tether: Tether | undefined = undefined
  /** What it was parked on when unreachable.ts looked last. */
  lastSeenParking: Parking | undefined = undefined
  /** True while an interruption is to be delivered at the next suspension. */
  isInterrupted = false
  region: Region | undefined = undefined
  cancellation: Cancelled | undefined = undefined
  #promise: Promise<unknown> | undefined = undefined
  #settle: Settle | undefined = undefined
  abort: AbortController | undefined = undefined
  /** Values of `Local`s. */
  locals: WeakMap<object, unknown> | undefined = undefined
  #name: string | undefined = undefined

  constructor(body: Body, receiver: unknown, args: readonly unknown[]) {
    super()
    this.#body = body
    this.#receiver = receiver
    this.#args = args
  }

  get name(): string {
    return this.#name ?? this.#body.name
  }

  set name(name: string) {
    this.#name = name
  }

  /** For messages. */
  override toString(): string {
    return this.name === '' ? `green thread ${this.id}` : `green thread ${this.id} (${this.name})`
  }

  get isOver(): boolean {
    return this.state === 'finished' || this.state === 'failed' || this.state === 'cancelled'
  }

  start(args: readonly unknown[] = this.#args): void {
    if (this.state !== 'pending') throw new AlreadyStartedError(String(this), this.state)
    this.#args = args
    this.state = 'running'
    try {
      start(this)
    } catch (error) {
      // It never ran: whoever starts it gets the error, nobody else.
      this.state = 'pending'
      throw error
    }
  }

  override run(): void {
    let result: unknown
    try {
      result = this.#callBody() ? this.suspend() : this.#takeInbox()
    } catch (error) {
      this.#end(error === this.cancellation ? 'cancelled' : 'failed', error)
      return
    }
    this.#end('finished', result)
  }

  /** As `callAndWait`, in one frame less: below the body, each one costs every suspended thread. */
  #callBody(): boolean {
    const receiver = this.#receiver
    const args = this.#args
    this.#forgetCall()
    return this.#listenTo(Reflect.apply(this.#body, receiver, args))
  }

  /**
   * Calls a function on this fiber, the running one, and waits for the promise that it may return.
   * No frame that stays on the stack meanwhile holds that promise; see unreachable.ts.
   */
  callAndWait(fn: Body, receiver: unknown, args: readonly unknown[]): unknown {
    return this.#listenToResult(fn, receiver, args) ? this.suspend() : this.#takeInbox()
  }

  #listenToResult(fn: Body, receiver: unknown, args: readonly unknown[]): boolean {
    return this.#listenTo(Reflect.apply(fn, receiver, args))
  }

  /** False when there is nothing to wait for: the result is in the inbox. */
  #listenTo(result: unknown): boolean {
    const promise = promiseOf(result)
    if (promise === undefined) {
      this.inbox = result
      return false
    }
    this.#listen(promise)
    return true
  }

  #takeInbox(): unknown {
    const value = this.inbox
    this.inbox = undefined
    return value
  }

  #forgetCall(): void {
    this.#receiver = undefined
    this.#args = NO_ARGS
  }

  /** Suspends this fiber, the running one, until the promise settles. */
  settle(promise: Promise<unknown>): unknown {
    this.#listen(promise)
    return this.suspend()
  }

  #listen(promise: Promise<unknown>): void {
    if (this.isInterrupted) {
      ignoreRejection(promise)
      throw interruption(this)
    }
    listen(this, promise)
  }

  /** Suspends this fiber, the running one, until it is woken. Its parking is set already. */
  suspend(): unknown {
    this.state = 'suspended'
    return suspend()
  }

  /** Continues it now with a value. */
  wake(value: unknown): void {
    this.inbox = value
    this.proceed()
  }

  /** Continues it now with an error, thrown where it is suspended. */
  wakeWithError(error: unknown): void {
    this.putError(error)
    this.proceed()
  }

  /** Continues it in a microtask; until then it is suspended, but on nothing. */
  wakeSoon(value: unknown): void {
    this.inbox = value
    this.#detach()
    proceedSoon(this)
  }

  wakeSoonWithError(error: unknown): void {
    this.putError(error)
    this.#detach()
    proceedSoon(this)
  }

  proceed(): void {
    this.#detach()
    this.state = 'running'
    resume(this)
  }

  #detach(): void {
    this.parking = undefined
    this.tether?.release()
  }

  override refused(): void {
    this.state = 'running'
    this.parking?.abandon()
    this.parking = undefined
  }

  override thrown(error: unknown): void {
    extendStack(error, this)
  }

  override terminated(): void {
    this.#end('failed', new TerminatedError(String(this)))
  }

  /** Ends it before it has started. */
  endUnstarted(cancelled: Cancelled): void {
    this.#forgetCall()
    this.#end('cancelled', cancelled)
  }

  /** Settles with its end. One promise for all observers, so that an error is reported once. */
  get promise(): Promise<unknown> {
    if (this.#promise !== undefined) return this.#promise
    if (this.state === 'finished') this.#promise = Promise.resolve(this.outcome)
    else if (this.isOver) this.#promise = Promise.reject(this.outcome)
    else {
      this.#promise = new Promise((resolve, reject) => {
        this.#settle = { resolve, reject }
      })
    }
    return this.#promise
  }

  #end(state: 'finished' | 'failed' | 'cancelled', outcome: unknown): void {
    this.state = state
    this.outcome = outcome
    const settle = this.#settle
    if (settle === undefined) {
      // Nobody observes it yet: let Node.js report the error as it reports every other rejection.
      if (state === 'failed') this.#promise = Promise.reject(outcome)
      return
    }
    this.#settle = undefined
    if (state === 'finished') settle.resolve(outcome)
    else settle.reject(outcome)
  }
}

interface Settle {
  resolve(value: unknown): void
  reject(error: unknown): void
}

const NO_ARGS: readonly unknown[] = []

/** The fiber that runs now. */
export function runningFiber(): Fiber | undefined {
  return running as Fiber | undefined
}

export function suspendedFibers(): Fiber[] {
  return (liveCoroutines() as Fiber[]).filter((fiber) => fiber.state === 'suspended')
}
