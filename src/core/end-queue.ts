import { bondsOf, unwatch, type Watcher, watch } from './bonds.ts'
import { clock } from './clock.ts'
import type { Fiber } from './fiber.ts'
import { requireFiber } from './running-fiber.ts'
import { limited } from './timeout.ts'
import { type WaitDescription, WaitQueue } from './wait-queue.ts'
import { ignoreRejection } from './waiter.ts'

/**
 * Hands out fibers as they end, each once; first those that are over already, in the order in which
 * they ended. To be closed: then the errors are reported which the user has not `observe()`d.
 */
class EndQueue implements Watcher {
  readonly isObserver = true
  readonly #pending = new Set<Fiber>()
  readonly #ended: Fiber[]
  /** How many of `#ended` are handed out. */
  #taken = 0
  readonly #arrivals: WaitQueue

  constructor(fibers: Iterable<Fiber>, description: WaitDescription) {
    this.#arrivals = new WaitQueue(description)
    const unique = [...new Set(fibers)]
    this.#ended = unique.filter((fiber) => fiber.isOver).sort((a, b) => a.endOrder - b.endOrder)
    for (const fiber of unique) {
      if (fiber.isOver) continue
      this.#pending.add(fiber)
      watch(fiber, this)
    }
  }

  /** How many are still to be handed out. */
  get length(): number {
    return this.#pending.size + this.#ended.length - this.#taken
  }

  /** `take()` returns at once. */
  get isReady(): boolean {
    return this.#taken < this.#ended.length
  }

  /** Suspends the running thread until one has ended. */
  take(): Fiber {
    while (!this.isReady) this.#arrivals.park()
    return this.#ended[this.#taken++] as Fiber
  }

  fiberEnded(fiber: Fiber): void {
    this.#pending.delete(fiber)
    this.#ended.push(fiber)
    this.#arrivals.unparkOne()
  }

  close(): void {
    for (const fiber of this.#pending) unwatch(fiber, this)
    for (const fiber of this.#ended) reportLate(fiber)
  }
}

/**
 * Fibers as they end, at most `count`; fewer when the time is over. Leaves no watcher behind.
 *
 * @param endsAt of the current clock, or Infinity.
 */
export function* endsOf(
  fibers: Iterable<Fiber>,
  description: WaitDescription,
  endsAt: number,
  count: number,
): Generator<Fiber, void, undefined> {
  const ends = new EndQueue(fibers, description)
  try {
    for (let left = Math.min(count, ends.length); left > 0; left--) {
      const fiber = takeBefore(ends, description, endsAt)
      if (fiber === undefined) return
      yield fiber
    }
  } finally {
    ends.close()
  }
}

function takeBefore(
  ends: EndQueue,
  description: WaitDescription,
  endsAt: number,
): Fiber | undefined {
  if (ends.isReady || endsAt === Number.POSITIVE_INFINITY) return ends.take()
  const { call, inAsyncCode } = description
  const timeoutMs = endsAt - clock.now()
  if (timeoutMs <= 0) return undefined
  return limited(requireFiber(call, inAsyncCode), timeoutMs, call, (deadline) => {
    try {
      return ends.take()
    } catch (error) {
      if (deadline.isMine(error)) return ends.isReady ? ends.take() : undefined
      throw error
    }
  })
}

/** Its error is not to be reported as unhandled. */
export function observe(fiber: Fiber): void {
  bondsOf(fiber).isObserved = true
  if (fiber.isOver && fiber.state !== 'finished') ignoreRejection(fiber.promise)
}

/** It ended while it was watched, so that nobody has reported it. */
function reportLate(fiber: Fiber): void {
  const isReported = fiber.state !== 'failed' || fiber.bonds?.isObserved === true
  if (!isReported) void fiber.promise // rejected, and unhandled unless somebody else handles it
}
