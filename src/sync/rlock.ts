import { NotOwnerError, TimedOut } from '../errors.ts'
import {
  checkTimeout,
  checkWaitOptions,
  currentThreadId,
  shield,
  type WaitOptions,
  WaitQueue,
} from '../lowlevel.ts'
import { Hold } from './hold.ts'

export interface RLockOptions extends WaitOptions {
  /** A hold of this lock: what it was given to counts as the same owner and enters at once. */
  readonly within?: RLockHold | undefined
}

/**
 * A reentrant lock: its owner may acquire it again, and releases it as often.
 *
 * A green thread is one owner; the synchronous code of the main stack is one, too, and should release
 * it before it returns to the event loop. Async functions run interleaved on the main stack and can't be
 * told apart there: for them a hold is the owner, and whom it is handed to enters `within` it.
 *
 * Otherwise it is as `Lock`.
 *
 * @example
 * import type { RLockHold } from 'greenthreads'
 *
 * const lock = new RLock()
 * async function outer() {
 *   using hold = await lock.holdAsync()
 *   await inner(hold)
 * }
 * async function inner(within?: RLockHold) {
 *   using _hold = await lock.holdAsync({ within })
 * }
 */
export class RLock {
  #owner: Owner = NOBODY
  #count = 0
  readonly #waiters = new WaitQueue<boolean>({
    call: 'rlock.acquire()',
    inAsyncCode: 'using hold = await rlock.holdAsync()',
  })

  get isLocked(): boolean {
    return this.#owner !== NOBODY
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#waiters.length
  }

  /** Does the running green thread (on the main stack: its synchronous code) own it? */
  get isOwned(): boolean {
    return this.#owner === currentThreadId()
  }

  /**
   * Acquires it, once more if the caller owns it; suspends while somebody else does. Works on the main
   * stack as long as it is free.
   *
   * @param timeoutMs the longest time to wait; 0 never suspends.
   * @returns false when the time is over.
   * @throws NotInGreenThreadError, Cancelled, TimedOut (of a deadline around it), CannotSuspendError when it would have to wait.
   */
  acquire(timeoutMs: number = Number.POSITIVE_INFINITY): boolean {
    checkTimeout('timeoutMs', timeoutMs)
    if (this.tryAcquire()) return true
    if (!this.#waiters.parkOr(false, timeoutMs)) return false
    this.#become(currentThreadId(), 1)
    return true
  }

  /** Acquires it if it is free or owned by the caller. Never suspends. */
  tryAcquire(): boolean {
    return this.#tryEnter(currentThreadId())
  }

  /**
   * Releases it once. The last time hands it over to the one that has waited longest, who goes on in a
   * microtask.
   *
   * @throws NotOwnerError
   */
  release(): void {
    this.#leave(currentThreadId())
  }

  /**
   * Acquires it until the end of the block: `using _hold = rlock.hold()`. The hold may be given to async
   * code that the thread waits for: `holdAsync({ within: hold })`.
   *
   * @throws TimedOut when the time is over, and what `acquire` throws.
   */
  hold(timeoutMs: number = Number.POSITIVE_INFINITY): RLockHold {
    if (!this.acquire(timeoutMs)) throw new TimedOut('rlock.hold()', timeoutMs)
    return this.#holdOf(currentThreadId())
  }

  /**
   * As `hold`, for async code, where the hold is the owner.
   *
   * @throws NotOwnerError when the hold in `within` has been released.
   */
  async holdAsync(options: RLockOptions = {}): Promise<RLockHold> {
    checkWaitOptions(options)
    const owner = this.#ownerWithin(options.within)
    if (this.#tryEnter(owner)) return this.#holdOf(owner)
    if (!(await this.#waiters.promiseOr(false, options))) {
      throw new TimedOut('rlock.holdAsync()', options.timeoutMs as number)
    }
    this.#become(owner, 1)
    return this.#holdOf(owner)
  }

  #ownerWithin(hold: RLockHold | undefined): Owner {
    if (hold === undefined) return Symbol('async code')
    const owner = RLockHold.ownerOf(hold)
    if (this.#owner !== owner) throw this.#notOwner('rlock.holdAsync({ within })', owner)
    return owner
  }

  #holdOf(owner: Owner): RLockHold {
    return new RLockHold({ release: () => this.#leave(owner) }, owner)
  }

  #tryEnter(who: Owner): boolean {
    if (this.#owner === NOBODY) this.#owner = who
    else if (this.#owner !== who) return false
    this.#count++
    return true
  }

  #leave(who: Owner): void {
    if (this.#owner !== who) throw this.#notOwner('rlock.release()', who)
    this.#count--
    if (this.#count === 0) this.#handOver()
  }

  #handOver(): void {
    this.#owner = this.#waiters.unparkOne(true) ? ON_ITS_WAY : NOBODY
  }

  #become(owner: Owner, count: number): void {
    this.#owner = owner
    this.#count = count
  }

  #notOwner(call: string, who: Owner): NotOwnerError {
    return new NotOwnerError(call, nameOf(who), nameOf(this.#owner))
  }

  /** Used by Condition: any hold will do for async code. @internal */
  checkHeld(call: string): void {
    const caller = currentThreadId()
    if (this.#owner === caller || (caller === MAIN_STACK && isAsyncOwner(this.#owner))) return
    throw this.#notOwner(call, caller)
  }

  /** Used by Condition. @internal */
  giveUp(): Ownership {
    const ownership = { owner: this.#owner, count: this.#count }
    this.#count = 0
    this.#handOver()
    return ownership
  }

  /** Used by Condition. @internal */
  takeBack({ owner, count }: Ownership): void {
    if (this.#owner !== NOBODY) shield(() => this.#waiters.park())
    this.#become(owner, count)
  }

  /** Used by Condition. @internal */
  async takeBackAsync({ owner, count }: Ownership): Promise<void> {
    if (this.#owner !== NOBODY) await this.#waiters.promise()
    this.#become(owner, count)
  }
}

/** The id of a green thread, or what stands for a hold of async code. */
type Owner = number | symbol

const MAIN_STACK = 0
const NOBODY = Symbol('nobody')
/** Handed over to somebody that has not gone on yet. */
const ON_ITS_WAY = Symbol('one that has waited for it')

interface Ownership {
  readonly owner: Owner
  readonly count: number
}

/** An `RLock` that is held: the right to release it, and to enter it again `within`. */
export class RLockHold extends Hold {
  readonly #owner: Owner

  constructor(held: { release(): void }, owner: Owner) {
    super(held)
    this.#owner = owner
  }

  /** @internal */
  static ownerOf(hold: RLockHold): Owner {
    return hold.#owner
  }
}

function isAsyncOwner(owner: Owner): boolean {
  return typeof owner === 'symbol' && owner !== NOBODY && owner !== ON_ITS_WAY
}

function nameOf(owner: Owner): string {
  if (typeof owner === 'symbol') return owner.description as string
  return owner === MAIN_STACK ? 'the main stack' : `green thread ${owner}`
}
