import { InvalidArgumentError, WaitOnItselfError } from '../errors.ts'
import {
  checkFunction,
  checkTimeout,
  checkWaitOptions,
  current,
  GreenThread,
  shield,
  type WaitOptions,
  WaitQueue,
  wait,
  watchEnd,
} from '../lowlevel.ts'
import { type Crew, Mapping, type MappingSettings } from './mapping.ts'
import { Places } from './places.ts'
import { OrderedResults, PoolIterator, type Results, ResultsAsReady } from './pool-iterator.ts'

export interface PoolOptions {
  /** How many calls may wait for a place; further ones get PoolFullError. By default Infinity. */
  maxWaiting?: number
  /** How long a call may wait for a place before it gets PoolFullError. By default Infinity. */
  maxWaitMs?: number
  /** Shown in messages, and the name of threads whose function has none. */
  name?: string
}

export interface ImapOptions {
  /**
   * How many items may be under way, or done and not taken by the loop. By default twice the size of the
   * pool.
   */
  ahead?: number
}

/**
 * Green threads of which only so many run at a time; the others wait their turn, first come, first
 * served. The semantics are those of gevent's Pool.
 *
 * @example
 * const pool = new Pool(10)
 * const load = (id: number) => wait(db.load(id)).name
 * spawn(() => console.log(pool.map([1, 2, 3], load)))
 */
export class Pool {
  readonly #crew: Crew

  /** @param size how many threads run at a time. */
  constructor(size: number, options: PoolOptions = {}) {
    const { maxWaiting = Number.POSITIVE_INFINITY, name = 'pool' } = options
    const { maxWaitMs = Number.POSITIVE_INFINITY } = options
    checkCount('size', size, 1)
    if (maxWaiting !== Number.POSITIVE_INFINITY) checkCount('maxWaiting', maxWaiting, 0)
    checkTimeout('maxWaitMs', maxWaitMs)
    const places = new Places(size, name, { maxWaiting, maxWaitMs })
    this.#crew = { name, places, threads: new Set() }
  }

  get size(): number {
    return this.#crew.places.size
  }

  /** How many places are taken. */
  get active(): number {
    return this.size - this.available
  }

  /** How many places are free. */
  get available(): number {
    return this.#crew.places.free
  }

  /** How many calls wait for a place. */
  get waiting(): number {
    return this.#crew.places.waiting
  }

  /**
   * Starts a green thread in this pool, as `spawn()` does; suspends the caller while the pool is full.
   *
   * There is no `spawnAsync()`: a promise of a thread, which is awaitable itself, would be one of the
   * thread's result. That is `applyAsync()`.
   *
   * @throws PoolFullError
   */
  spawn<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): GreenThread<Awaited<R>> {
    checkFunction('fn', fn)
    this.#crew.places.take()
    return this.#start(fn, args, false)
  }

  /** Starts a green thread in this pool if there is a free place. */
  trySpawn<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...args: A
  ): GreenThread<Awaited<R>> | undefined {
    checkFunction('fn', fn)
    return this.#crew.places.tryTake() ? this.#start(fn, args, false) : undefined
  }

  /**
   * Calls the function in a thread of this pool and waits for its result. A thread of this pool itself
   * makes the call as a plain one: it has a place already, and could wait for ever for another.
   *
   * @throws what the function throws. When the caller is interrupted, the call is cancelled and its end
   * waited for, as with `map()`.
   */
  apply<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Awaited<R> {
    checkFunction('fn', fn)
    if (this.#isOwn(current())) return wait(fn(...args))
    applying.checkCanPark()
    this.#crew.places.take()
    // The caller ends it: a scope around must neither count nor cancel it.
    const thread = this.#start(fn, args, true)
    try {
      return thread.join()
    } catch (error) {
      thread.cancel(error) // over already, if the error is its own
      shield(() => wait(Promise.allSettled([thread])))
      throw error
    }
  }

  /**
   * Calls the function in a thread of this pool: the form of `apply()` for async code.
   *
   * @param options an aborted signal gives up waiting for a place, and cancels the call.
   * @throws PoolFullError, as a rejection.
   */
  async applyAsync<R>(fn: () => R, { signal }: { signal?: AbortSignal } = {}): Promise<Awaited<R>> {
    checkFunction('fn', fn)
    checkWaitOptions({ signal })
    await this.#crew.places.takeAsync(signal)
    return await this.#start(fn, [], false).toPromise(signal === undefined ? {} : { signal })
  }

  /**
   * Calls the function with each item, in threads of this pool, and returns the results in the order of
   * the items. Suspends the caller until all of them have ended.
   *
   * The first call that fails cancels the others; when they have ended, its error is thrown. When the
   * caller is interrupted, all calls are cancelled and their end is waited for.
   *
   * One thread makes many calls, one after the other: values of `Local` stay from call to call. In async
   * code write `await toAsync(() => pool.map(items, fn))()`.
   *
   * @param items may be any iterable, a Channel for example; its steps may wait.
   */
  map<T, R>(items: Iterable<T>, fn: (item: T, index: number) => R): Awaited<R>[] {
    checkFunction('fn', fn)
    return this.#map(items, fn, this.#settings('map'))
  }

  /**
   * As `map()`, for a loop that takes the results one by one, in the order of the items, while the calls
   * run ahead of it. Starts at the first step; leaving the loop cancels what is under way and waits for
   * its end. So does the first call that fails; its error is thrown after the results that lay ready.
   *
   * @example
   * spawn(() => {
   *   const pool = new Pool(4)
   *   for (const user of pool.imap([1, 2, 3], (id) => db.load(id))) console.log(user.name)
   * })
   */
  imap<T, R>(
    items: Iterable<T>,
    fn: (item: T, index: number) => R,
    options?: ImapOptions,
  ): IterableIterator<Awaited<R>> & Disposable {
    return this.#imap(items, fn, new OrderedResults(), 'imap', options)
  }

  /** As `imap()`, with the results in the order in which they become known. */
  imapUnordered<T, R>(
    items: Iterable<T>,
    fn: (item: T, index: number) => R,
    options?: ImapOptions,
  ): IterableIterator<Awaited<R>> & Disposable {
    return this.#imap(items, fn, new ResultsAsReady(), 'imapUnordered', options)
  }

  /**
   * Suspends the caller until no thread runs in this pool and none waits for a place. Results and errors
   * are not looked at.
   *
   * @throws TimedOut when that takes longer.
   */
  join(timeoutMs: number = Number.POSITIVE_INFINITY): void {
    const self = current()
    if (this.#isOwn(self)) {
      throw new WaitOnItselfError(`green thread ${self?.id} of ${this.#crew.name}`)
    }
    this.#crew.places.untilIdle(timeoutMs)
  }

  /** As `join()`, for async code. */
  async joinAsync(options: WaitOptions = {}): Promise<void> {
    checkWaitOptions(options)
    await this.#crew.places.untilIdleAsync(options)
  }

  /** Cancels every thread that runs in this pool now. Calls that wait for a place get theirs then. */
  cancel(reason?: unknown): void {
    for (const thread of this.#crew.threads) thread.cancel(reason)
  }

  /** `using pool = new Pool(10)` waits at the end of the block until all its threads have ended. */
  [Symbol.dispose](): void {
    this.join()
  }

  /** `await using pool = new Pool(10)` does the same in async code. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.joinAsync()
  }

  #isOwn(thread: GreenThread | undefined): boolean {
    return thread !== undefined && this.#crew.threads.has(thread)
  }

  /** On a place that is taken already. */
  #start<A extends unknown[], R>(
    fn: (...args: A) => R,
    args: A,
    detached: boolean,
  ): GreenThread<Awaited<R>> {
    const { name, places, threads } = this.#crew
    const options = { name: fn.name === '' ? name : fn.name, detached }
    const thread = new GreenThread(() => fn(...args), options)
    const leave = (): void => {
      threads.delete(thread)
      places.release()
    }
    threads.add(thread)
    watchEnd(thread, leave)
    try {
      return thread.start() as GreenThread<Awaited<R>>
    } catch (error) {
      leave()
      throw error
    }
  }

  #map<T, R>(
    items: Iterable<T>,
    fn: (item: T, index: number) => R,
    settings: MappingSettings,
  ): Awaited<R>[] {
    const results: Awaited<R>[] = []
    const keep = (result: Awaited<R>, index: number): boolean => {
      results[index] = result
      return false // only the end matters
    }
    new Mapping(this.#crew, items, fn, keep, settings).run()
    return results
  }

  #imap<T, R>(
    items: Iterable<T>,
    fn: (item: T, index: number) => R,
    results: Results<Awaited<R>>,
    method: string,
    { ahead = 2 * this.size }: ImapOptions = {},
  ): PoolIterator<T, R> {
    checkFunction('fn', fn)
    checkCount('ahead', ahead, 1)
    return new PoolIterator(
      results,
      (deliver) => new Mapping(this.#crew, items, fn, deliver, this.#settings(method, ahead)),
    )
  }

  #settings(method: string, room: number = Number.POSITIVE_INFINITY): MappingSettings {
    return {
      call: `pool.${method}()`,
      inAsyncCode: `await toAsync(() => pool.${method}(items, fn))()`,
      room,
      hasPlace: this.#isOwn(current()),
    }
  }
}

const applying = new WaitQueue({
  call: 'pool.apply()',
  inAsyncCode: 'await pool.applyAsync(() => ...)',
})

function checkCount(name: string, value: unknown, least: number): void {
  if (Number.isInteger(value) && (value as number) >= least) return
  throw new InvalidArgumentError(name, `an integer from ${least}`, value)
}
