import type { Coroutine } from '../binding/coroutine.ts'
import { start } from '../binding/lifetime.ts'
import { resume, running } from '../binding/running.ts'
import { suspend } from '../binding/suspension.ts'
import { protectJoinsOf } from '../binding/vm-guard.ts'
import { AlreadyStartedError, type Cancelled, TerminatedError } from '../errors.ts'
import type { Bonds } from './bonds.ts'
import { Ending, type EndState } from './ending.ts'
import { interruption, interruptScopes, type Region } from './interruption.ts'
import type { LinkedCall } from './linked-call.ts'
import { passOn, proceedSoon } from './run-queue.ts'
import { scheduler } from './scheduler.ts'
import { extendStack } from './stack-trace.ts'
import type { Strands } from './strands.ts'
import type { Tether } from './tether.ts'
import { ignoreRejection, listen, type Parking, promiseOf } from './waiter.ts'

/** A function that a green thread runs. */
export type Body = (...args: never[]) => unknown

/**
 * The inner side of a green thread: `GreenThread` is the handle that users hold.
 *
 *   pending -> running <-> suspended
 *                 |            `- woken: no longer on its parking, its turn is to come
 *                 `-> finished | failed | cancelled
 */
export class Fiber extends Ending {
  static #lastId = 0

  readonly id: number = ++Fiber.#lastId
  readonly #body: Body
  #receiver: unknown
  #args: readonly unknown[]
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
  /** Thrown by every further suspension, shielded ones too: its stack is being unwound. */
  unwinding: Error | undefined = undefined
  abort: AbortController | undefined = undefined
  /** True when users can't name it: `current()` is undefined in it. */
  readonly isAnonymous: boolean = false
  /** Values of `Local`s. */
  locals: WeakMap<object, unknown> | undefined = undefined
  strands: Strands | undefined = undefined
  #name: string | undefined = undefined
  bonds: Bonds | undefined = undefined
  /** The call of async code that it makes or waits for. */
  linkedCall: LinkedCall | undefined = undefined
  /** It holds neither the event loop nor its scope. */
  isTransient = false
  /** It belongs to no scope. */
  isDetached = false
  /** In the run queue: the one behind it, and whether a microtask is planned for it. */
  nextReady: Fiber | undefined = undefined
  opensTurn = false

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

  /** The coroutine that it runs on. */
  get strand(): Coroutine {
    return this.strands?.running ?? this
  }

  start(args: readonly unknown[] = this.#args): void {
    if (this.state !== 'pending') throw new AlreadyStartedError(String(this), this.state)
    this.#args = args
    this.state = 'running'
    if (!(this.#body instanceof Function)) protectJoinsOf(this.#body)
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
      this.end(error === this.cancellation ? 'cancelled' : 'failed', error)
      passOn(this)
      return
    }
    this.end('finished', result)
    passOn(this)
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
    passOn(this)
    return suspend()
  }

  /** Continues it now with a value, where no scheduler says otherwise. */
  wake(value: unknown): void {
    this.inbox = value
    if (scheduler === undefined) this.proceed()
    else this.#schedule()
  }

  /** As `wake`, with an error that is thrown where it is suspended. */
  wakeWithError(error: unknown): void {
    this.putError(error)
    if (scheduler === undefined) this.proceed()
    else this.#schedule()
  }

  /** Continues it in a microtask; until then it is suspended, but on nothing. */
  wakeSoon(value: unknown): void {
    this.inbox = value
    this.#schedule()
  }

  wakeSoonWithError(error: unknown): void {
    this.putError(error)
    this.#schedule()
  }

  proceed(): void {
    this.#detach()
    this.state = 'running'
    const { strand } = this
    if (strand !== this) this.#handInboxTo(strand)
    resume(strand)
  }

  #handInboxTo(strand: Coroutine): void {
    strand.inbox = this.inbox
    strand.mode = this.mode
    this.putValue(undefined)
  }

  #schedule(): void {
    this.#detach()
    if (scheduler === undefined) proceedSoon(this)
    else scheduler.ready(() => this.proceed(), this.id)
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

  override passedBy(): void {
    this.state = 'suspended'
    proceedSoon(this)
  }

  override thrown(error: unknown): void {
    extendStack(error, this)
  }

  override terminated(): void {
    const error = new TerminatedError(String(this))
    this.end('failed', error)
    // Its scopes have lost the one that would wait for their threads.
    if (this.region !== undefined) queueMicrotask(() => interruptScopes(this.region, error))
  }

  /** Ends it before it has started. */
  endUnstarted(cancelled: Cancelled): void {
    this.#forgetCall()
    this.end('cancelled', cancelled)
  }

  protected override end(state: EndState, outcome: unknown): void {
    super.end(state, outcome)
    this.bonds?.fiberEnded(this)
  }

  protected override get isErrorObserved(): boolean {
    return this.bonds?.isErrorObserved === true
  }
}

const NO_ARGS: readonly unknown[] = []

/** The fiber that runs now. */
export function runningFiber(): Fiber | undefined {
  if (running === undefined || running instanceof Fiber) return running
  return (running as Strand).strands?.fiber
}

interface Strand extends Coroutine {
  readonly strands: Strands | undefined
}
