import { Cancelled, OutsideScopeError, ScopeClosedError, TimedOut } from '../errors.ts'
import { bondsOf, type Home } from './bonds.ts'
import { clock } from './clock.ts'
import { type Body, type Fiber, runningFiber } from './fiber.ts'
import {
  arrived,
  cancelEach,
  interruption,
  isFromOutside,
  type Region,
  reconsider,
} from './interruption.ts'
import { ScopeOutcome } from './scope-outcome.ts'
import { ScopeSlots } from './scope-slots.ts'
import { Shield } from './timeout.ts'
import { WaitQueue } from './wait-queue.ts'

/**
 * The inner side of a scope: a region of its owner's call tree, and the home of its children.
 *
 *   open -> the function has returned -> draining: only transient children are left -> closed
 *      `-> cancelled, up to the end: nobody is let in any more
 */
export class RunningScope implements Region, Home {
  readonly outer: Region | undefined
  readonly isShield = false
  /** Interrupts the waits of the function. */
  expiry: Error | undefined = undefined
  readonly #owner: Fiber
  readonly #name: string
  readonly #slots: ScopeSlots
  readonly #isShared: boolean
  readonly #outcome = new ScopeOutcome()
  readonly #children = new Set<Fiber>()
  /** How many of them are to be waited for: all but the transient ones. */
  #awaited = 0
  readonly #end = new WaitQueue()
  #isDraining = false
  #isClosed = false
  /** Why it is cancelled: an interruption, and the cause of those of its children. */
  #interruption: Error | undefined = undefined
  #reason: unknown = undefined
  #abort: AbortController | undefined = undefined

  constructor(owner: Fiber, name: string, limit: number, isShared: boolean) {
    this.outer = owner.region
    this.#owner = owner
    this.#name = name
    this.#slots = new ScopeSlots(limit)
    this.#isShared = isShared
  }

  /** Calls the function on the owner, the running fiber, and waits for the children. */
  run(fn: Body, argument: unknown): unknown {
    const owner = this.#owner
    const bonds = bondsOf(owner)
    const around = bonds.scope
    let result: unknown
    bonds.scope = this
    owner.region = this
    arrived(owner)
    try {
      result = owner.callAndWait(fn, undefined, [argument])
    } catch (error) {
      this.#bodyFailed(error)
    }
    this.#awaitChildren()
    this.#isClosed = true
    bonds.scope = around
    owner.region = this.outer
    reconsider(owner)
    return this.#outcome.conclude(result)
  }

  /** Both return what takes the trigger away. */
  cancelAfter(timeoutMs: number): () => void {
    if (timeoutMs === Number.POSITIVE_INFINITY) return () => {}
    const timers = clock // it may be replaced meanwhile
    const expire = (): void => {
      const error = new TimedOut(`The work in ${this.#name}`, timeoutMs)
      this.#cancelOrThrow(error, error)
    }
    const timer = timers.setTimer(expire, timeoutMs, this.#owner.isTransient)
    return () => timers.clearTimer(timer)
  }

  cancelOnAbort(signal: AbortSignal | undefined): () => void {
    if (signal === undefined) return () => {}
    const abort = (): void => {
      this.#cancelOrThrow(new Cancelled(this.#name, signal.reason), signal.reason)
    }
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    return () => signal.removeEventListener('abort', abort)
  }

  cancel(reason: unknown): void {
    this.#cancelWith(new Cancelled(this.#name, reason), reason)
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#interruption !== undefined) this.#abort.abort(this.#interruption)
    }
    return this.#abort.signal
  }

  interrupted(error: Error): void {
    if (!this.#begin(error, error instanceof Cancelled ? error.cause : error)) return
    this.#outcome.throwIfCutShort(error)
    this.#cancelChildren()
  }

  admit(child: Fiber): void {
    this.#checkOpen()
    const starter = runningFiber()
    if (!this.#isShared) this.#checkInside(starter)
    if (!child.isTransient) {
      this.#takeSlot(starter)
      this.#awaited++
    }
    this.#children.add(child)
  }

  dismiss(child: Fiber): void {
    this.#children.delete(child)
    if (!child.isTransient) {
      this.#awaited--
      this.#slots.giveBack()
    }
    const left = this.#isDraining ? this.#children.size : this.#awaited
    if (left === 0) this.#end.unparkOne()
  }

  childEnded(child: Fiber): void {
    if (child.state === 'failed') this.#childFailed(child.outcome)
    else if (child.state === 'cancelled' && this.#interruption !== undefined) {
      if (!child.isTransient) this.#outcome.cutShort()
    }
    this.dismiss(child)
  }

  /** For the owner, and for threads that descend from it or from a child. */
  #checkInside(starter: Fiber | undefined): void {
    let fiber = starter
    while (fiber !== undefined) {
      if (fiber === this.#owner || this.#holds(fiber)) return
      fiber = fiber.bonds?.parent?.fiber
    }
    throw new OutsideScopeError(this.#name, starter === undefined ? 'the main stack' : `${starter}`)
  }

  #takeSlot(starter: Fiber | undefined): void {
    if (this.#holds(starter)) {
      this.#slots.takeAtOnce()
      return
    }
    this.#slots.take()
    try {
      this.#checkOpen() // it may have changed while waiting
    } catch (error) {
      this.#slots.giveBack()
      throw error
    }
  }

  /** Is it one of the children, or inside of one? Then that keeps its slot until this one goes on. */
  #holds(fiber: Fiber | undefined): boolean {
    let home = fiber?.bonds?.home
    while (home instanceof RunningScope && home !== this) home = home.#owner.bonds?.home
    return home === this
  }

  #checkOpen(): void {
    if (!this.#isDraining && !this.#isClosed && this.#interruption === undefined) return
    const fiber = runningFiber()
    if (fiber?.isInterrupted === true) throw interruption(fiber)
    if (this.#isDraining || this.#isClosed) throw new ScopeClosedError(this.#name)
    throw new Cancelled(`The start of a green thread in ${this.#name}`, this.#reason)
  }

  #childFailed(error: unknown): void {
    if (this.#isEcho(error)) {
      this.#outcome.cutShort()
      return
    }
    this.#outcome.failed(error)
    const cancelled = new Cancelled(this.#name, error)
    if (!this.#begin(cancelled, error)) return
    this.expiry = cancelled
    // It may call functions of the user: not on the stack of a fiber that has ended.
    queueMicrotask(() => this.#spread())
  }

  #bodyFailed(error: unknown): void {
    if (isFromOutside(this.#owner, error, this.outer)) {
      this.interrupted(error as Error)
      this.#outcome.bodyCutShort(error)
    } else if (error === this.expiry || this.#isEcho(error)) {
      this.#outcome.bodyCutShort(error)
    } else {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#outcome.failed(error)
    if (this.#begin(new Cancelled(this.#name, error), error)) this.#cancelChildren()
  }

  /** The cancellation of another thread by this scope, which reached the one that joined it. */
  #isEcho(error: unknown): boolean {
    const isCancelled = this.#interruption !== undefined
    return isCancelled && error instanceof Cancelled && error.cause === this.#reason
  }

  /** As `cancel`, except that the scope does not return normally when that cuts work short. */
  #cancelOrThrow(error: Error, reason: unknown): void {
    if (this.#interruption === undefined) this.#outcome.throwIfCutShort(error)
    this.#cancelWith(error, reason)
  }

  #cancelWith(error: Error, reason: unknown): void {
    if (!this.#begin(error, reason)) return
    this.expiry = error
    this.#spread()
  }

  #begin(error: Error, reason: unknown): boolean {
    if (this.#interruption !== undefined || this.#isClosed) return false
    this.#interruption = error
    this.#reason = reason
    return true
  }

  #spread(): void {
    if (this.#isClosed) return
    this.#cancelChildren()
    try {
      arrived(this.#owner)
    } catch (error) {
      this.#outcome.failed(error)
    }
  }

  #cancelChildren(): void {
    for (const error of cancelEach(this.#children, this.#reason)) this.#outcome.failed(error)
    this.#abort?.abort(this.#interruption)
  }

  /**
   * Shielded: what interrupts the owner from outside has cancelled the children, so they will end. And the
   * owner can be suspended here, or the scope would not have begun.
   */
  #awaitChildren(): void {
    this.#owner.region = new Shield(this)
    reconsider(this.#owner)
    while (this.#awaited > 0) this.#end.park()
    this.#isDraining = true
    for (const error of cancelEach(this.#children, DONE)) this.#outcome.failed(error)
    while (this.#children.size > 0) this.#end.park()
  }
}

const DONE = 'all other work in its scope is done'
