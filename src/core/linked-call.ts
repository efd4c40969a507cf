import { AsyncLocalStorage } from 'node:async_hooks'
import { type Body, type Fiber, runningFiber } from './fiber.ts'
import { cancel, isInterruption } from './interruption.ts'
import { ignoreRejection } from './waiter.ts'

/**
 * Carries cancellation through async code: from the green thread that waits for an async function
 * to the green threads which that function started by `toAsync`.
 *
 *   thread -> toSync(async) -> ... await ... -> toAsync(sync) -> thread
 *          '------------------- LinkedCall -----------------------'
 *
 * What is passed on is that the wait has been left, not that the thread was cancelled: so a shield
 * around the call protects all of it, and a deadline ends all of it.
 *
 * That a function of `toAsync` is called for the thread is known when it is called on its stack, before the
 * first `await`; when the thread made it for this call, see Bond; or from the async context.
 */
export class LinkedCall {
  #children: Fiber[] = NO_CHILDREN
  #sweepAt = SMALLEST_SWEEP
  #state: 'waiting' | 'left' | 'over' = 'waiting'
  #reason: unknown = undefined

  get isOver(): boolean {
    return this.#state === 'over'
  }

  run(fn: Body, receiver: unknown, args: readonly unknown[]): unknown {
    // The call alone, not the wait: nothing of ours may stay on the stack that holds the promise.
    return linkedCalls.run(this, apply, fn, receiver, args)
  }

  adopt(child: Fiber): void {
    if (this.#state === 'over') return
    if (this.#state === 'left') {
      abandon(child, this.#reason)
      return
    }
    if (this.#children.length >= this.#sweepAt) this.#sweep()
    if (this.#children === NO_CHILDREN) this.#children = []
    this.#children.push(child)
  }

  leave(reason: unknown): void {
    const children = this.#children
    this.#children = NO_CHILDREN
    this.#state = 'left'
    this.#reason = reason
    for (const child of children) abandon(child, reason)
  }

  end(): void {
    this.#state = 'over'
    this.#children = NO_CHILDREN
  }

  /** Forgets those that are over, without having to be told of each. */
  #sweep(): void {
    this.#children = this.#children.filter((child) => !child.isOver)
    this.#sweepAt = Math.max(SMALLEST_SWEEP, 2 * this.#children.length)
  }
}

const SMALLEST_SWEEP = 16
const NO_CHILDREN: Fiber[] = []

/**
 * Ties a function of `toAsync` that a green thread made to the call for which the thread made it: the one that
 * was under way, or the last to which the thread handed it as an argument.
 */
export class Bond {
  readonly #makerId: number
  call: LinkedCall | undefined

  constructor(maker: Fiber) {
    this.#makerId = maker.id
    this.call = maker.linkedCall
  }

  /** What another thread does with the function is not what it was made for. */
  handedOver(caller: Fiber, call: LinkedCall): void {
    if (caller.id === this.#makerId) this.call = call
  }
}

const bonds = new WeakMap<object, Bond>()
const linkedCalls = new AsyncLocalStorage<LinkedCall>()

// Node.js 20 and 22 make every promise slower from the first use of an AsyncLocalStorage on.
let isTracking = false

/** From here on the calls of this function are linked: of a thread's own without asking the async context. */
export function startLinking(fn: object): void {
  const maker = runningFiber()
  if (maker === undefined) isTracking = true
  else bonds.set(fn, new Bond(maker))
}

/** Lets the fiber, a call of `fn`, be cancelled when the thread for which it is made stops waiting. */
export function linkToCaller(fiber: Fiber, fn: object): void {
  const starter = runningFiber()
  // A thread that another one started is its business.
  if (starter !== undefined) starter.linkedCall?.adopt(fiber)
  else callOf(fn)?.adopt(fiber)
}

/**
 * As `fiber.callAndWait`; what the function starts by `toAsync` ends with the wait.
 *
 * @param isTracked also what it starts after its first `await` with functions that the thread did not make.
 */
export function callLinked(
  fiber: Fiber,
  fn: Body,
  receiver: unknown,
  args: readonly unknown[],
  isTracked: boolean,
): unknown {
  const outer = fiber.linkedCall
  const call = new LinkedCall()
  fiber.linkedCall = call
  for (const arg of args) {
    if (typeof arg === 'function') bonds.get(arg)?.handedOver(fiber, call)
  }
  try {
    const result =
      isTracked && isTracking
        ? fiber.callAndWait(call.run, call, [fn, receiver, args])
        : fiber.callAndWait(fn, receiver, args)
    call.end()
    return result
  } catch (error) {
    if (isInterruption(fiber, error)) call.leave(error)
    else call.end()
    throw error
  } finally {
    fiber.linkedCall = outer
  }
}

function callOf(fn: object): LinkedCall | undefined {
  const own = bonds.get(fn)?.call
  return own === undefined || own.isOver ? linkedCalls.getStore() : own
}

function apply(fn: Body, receiver: unknown, args: readonly unknown[]): unknown {
  return Reflect.apply(fn, receiver, args)
}

function abandon(child: Fiber, reason: unknown): void {
  // The async code in between may never come to look at it.
  ignoreRejection(child.promise)
  cancel(child, reason)
}
