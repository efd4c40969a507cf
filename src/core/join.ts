import { InvalidArgumentError, severalErrors, TimedOut, WaitOnItselfError } from '../errors.ts'
import { checkTimeout } from './argument.ts'
import { clock } from './clock.ts'
import { endsOf, observe } from './end-queue.ts'
import type { Fiber } from './fiber.ts'
import { GreenThread, threadOf } from './green-thread.ts'
import { requireFiber } from './running-fiber.ts'
import type { WaitDescription } from './wait-queue.ts'

export interface JoinOptions {
  /** The longest time to wait; the threads go on after that. With 0 nothing suspends. Default: Infinity. */
  timeoutMs?: number
}

export interface IterationOptions extends JoinOptions {
  /** How many threads to hand out. By default all. */
  count?: number
}

/** The results of some threads, in their order. */
export type JoinedResults<T extends readonly GreenThread[]> = {
  -readonly [K in keyof T]: T[K] extends GreenThread<infer R> ? R : never
}

/**
 * Waits until all threads have ended; returns their results in the order of the threads. As soon as
 * one fails, its error is thrown: of several the earliest. The others go on, and their errors count as
 * observed, as with `Promise.all`. For threads that should be stopped then, see `scope()`.
 *
 * @throws the error of a thread, Cancelled when it was cancelled; TimedOut; WaitOnItselfError;
 * NotInGreenThreadError on the main stack, unless all have ended.
 * @example
 * const [a, b] = joinAll([spawn(() => 1), spawn(() => wait(db.load(2)).name)])
 */
export function joinAll<const T extends readonly GreenThread[]>(
  threads: T,
  options: JoinOptions = {},
): JoinedResults<T> {
  const { fibers, endsAt } = prepare(threads, options, JOIN_ALL)
  for (const fiber of fibers) observe(fiber)
  for (const { state, outcome } of endsOf(fibers, JOIN_ALL, endsAt, fibers.length)) {
    if (state !== 'finished') throw outcome
  }
  if (!fibers.every(isOver)) throw timedOut(JOIN_ALL, options)
  return fibers.map((fiber) => fiber.outcome) as JoinedResults<T>
}

/**
 * Waits until one thread has succeeded, and returns its result. The others go on, and their errors
 * count as observed, as with `Promise.any`. See `firstOf()` for functions, which are stopped then.
 *
 * @throws AggregateError when all have failed or were cancelled, or when there are none; its `errors` are in the
 * order of time. Otherwise as `joinAll`.
 * @example
 * const response = joinAny([spawn(() => wait(fetch(url))), spawn(() => wait(fetch(`${url}mirror`)))])
 */
export function joinAny<R>(threads: readonly GreenThread<R>[], options: JoinOptions = {}): R {
  const { fibers, endsAt } = prepare(threads, options, JOIN_ANY)
  for (const fiber of fibers) observe(fiber)
  const errors: unknown[] = []
  for (const { state, outcome } of endsOf(fibers, JOIN_ANY, endsAt, fibers.length)) {
    if (state === 'finished') return outcome as R
    errors.push(outcome)
  }
  if (!fibers.every(isOver)) throw timedOut(JOIN_ANY, options)
  throw severalErrors('green threads were joined, and none of them succeeded', errors)
}

/**
 * Waits until `count` threads have ended, in whatever way, and returns them in the order in which they
 * ended. When the time is over these are fewer. The error of a thread is not thrown: it is for those
 * who look at `state`, or join. As gevent's `wait(objects, timeout, count)`.
 *
 * @param count more than there are (different) threads means: all.
 * @throws WaitOnItselfError; NotInGreenThreadError on the main stack, unless all have ended.
 * @example
 * const [first] = joinSome([spawn(() => sleep(20)), spawn(() => sleep(10))], 1)
 */
export function joinSome<R>(
  threads: readonly GreenThread<R>[],
  count: number,
  options: JoinOptions = {},
): GreenThread<R>[] {
  checkCount(count)
  const { fibers, endsAt } = prepare(threads, options, JOIN_SOME)
  return [...threadsOf<R>(endsOf(fibers, JOIN_SOME, endsAt, count))]
}

/**
 * Hands out threads one by one as they end, in whatever way, each once; suspends while none has. Those
 * that have ended before come first, in the order in which they did. The time counts from this call;
 * when it is over, or `count` have come, the iteration ends. A consumer that leaves early leaves nothing behind.
 * As gevent's `iwait`.
 *
 * @throws as `joinSome`.
 * @example
 * for (const thread of iterateAsCompleted([spawn(() => sleep(20)), spawn(() => sleep(10))])) {
 *   console.log(thread.name, thread.state)
 * }
 */
export function iterateAsCompleted<R>(
  threads: readonly GreenThread<R>[],
  options: IterationOptions = {},
): IterableIterator<GreenThread<R>> {
  const { count = Number.POSITIVE_INFINITY } = options
  checkCount(count)
  const { fibers, endsAt } = prepare(threads, options, ITERATE)
  return threadsOf(endsOf(fibers, ITERATE, endsAt, count))
}

function* threadsOf<R>(fibers: Iterable<Fiber>): Generator<GreenThread<R>, void, undefined> {
  for (const fiber of fibers) {
    observe(fiber)
    yield threadOf(fiber) as GreenThread<R>
  }
}

const IN_ASYNC_CODE = 'await Promise.all(threads)'
const JOIN_ALL: WaitDescription = { call: 'joinAll()', inAsyncCode: IN_ASYNC_CODE }
const JOIN_ANY: WaitDescription = { call: 'joinAny()', inAsyncCode: 'await Promise.any(threads)' }
const JOIN_SOME: WaitDescription = {
  call: 'joinSome()',
  inAsyncCode: 'await Promise.race(threads)',
}
const ITERATE: WaitDescription = { call: 'iterateAsCompleted()', inAsyncCode: IN_ASYNC_CODE }

function prepare(
  threads: readonly GreenThread[],
  { timeoutMs = Number.POSITIVE_INFINITY }: JoinOptions,
  { call, inAsyncCode }: WaitDescription,
): { fibers: Fiber[]; endsAt: number } {
  checkTimeout('timeoutMs', timeoutMs)
  const fibers = fibersOf(threads)
  if (timeoutMs > 0 && !fibers.every(isOver)) {
    checkNotAmong(fibers, requireFiber(call, inAsyncCode))
  }
  return { fibers, endsAt: clock.now() + timeoutMs }
}

/** The inner sides of threads. */
export function fibersOf(threads: readonly GreenThread[]): Fiber[] {
  return Array.from(threads, (thread, index) => {
    if (thread instanceof GreenThread) return GreenThread.fiberOf(thread)
    throw new InvalidArgumentError(`threads[${index}]`, 'a green thread', thread)
  })
}

export function checkNotAmong(fibers: readonly Fiber[], self: Fiber): void {
  if (fibers.includes(self)) throw new WaitOnItselfError(String(self))
}

function checkCount(count: unknown): void {
  const isValid = Number.isInteger(count) && (count as number) >= 0
  if (isValid || count === Number.POSITIVE_INFINITY) return
  throw new InvalidArgumentError('count', 'an integer from 0, or Infinity', count)
}

function isOver(fiber: Fiber): boolean {
  return fiber.isOver
}

function timedOut({ call }: WaitDescription, { timeoutMs }: JoinOptions): TimedOut {
  return new TimedOut(call, timeoutMs as number)
}
