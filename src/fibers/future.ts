/** `Future` of node-fibers 5: results that are waited for in Fibers. */
import '../core/startup.ts'
import { type Errback, FiberFuture, FutureObject, waitForAll } from './future-object.ts'
import { wrapFunction, wrapMethods } from './future-wrap.ts'

export type { Errback } from './future-object.ts'

/** A result that is not there yet. */
export interface Future<T = any> extends FutureObject<T> {
  /** What the function returned that `Future.wrap` wrapped. */
  _?: any
}

/** Functions that call back, and return a future instead. */
export type FutureFunction<T = any> = ((...args: any[]) => Future<T>) & Record<string, any>

export interface FutureConstructor {
  new <T = any>(): Future<T>
  readonly prototype: Future

  /**
   * Calls a function in a Fiber of its own, in the next tick.
   *
   * @returns the future of its result; of several functions, of the array of their results or of the last
   * error, once all have ended.
   */
  task<T>(fn: () => T): Future<T>
  task<T = any>(...fns: (() => T)[]): Future<T[]>

  /**
   * Lets functions whose last argument is a node-style callback return a future instead.
   *
   * @param target the function. Or an object: then the result inherits from it and has one more method for
   * each, with the suffix.
   * @param isMultiple the callback gets several values after the error: the result is an array of them.
   * @param suffix `Future` by default.
   */
  wrap<T = any>(
    target: (...args: any[]) => unknown,
    isMultiple?: boolean,
    suffix?: string,
  ): FutureFunction<T>
  wrap<O extends object>(
    target: O,
    isMultiple?: boolean,
    suffix?: string,
  ): O & Record<string, FutureFunction>

  /**
   * Suspends the running Fiber (or green thread) until all futures have a result. Errors are not thrown:
   * `get()` of each does that.
   *
   * @throws Error where nothing can be suspended, and for what is not a future.
   */
  wait(...futures: (Future | Future[])[]): void

  /** The future of what a promise settles with. */
  fromPromise<T>(promise: PromiseLike<T>): Future<T>
}

declare global {
  interface Function {
    /**
     * The function which returns the future of the result of this one, called in a Fiber of its own.
     *
     * @param isDetached an error is an uncaught exception as well.
     */
    future<T = any>(isDetached?: boolean): (...args: any[]) => Future<T>
  }
}

// Not a class: `util.inherits` and `Future.call(this)` have to work.
function construct(): void {}
construct.prototype = FutureObject.prototype

export const Future: FutureConstructor = construct as unknown as FutureConstructor
Object.defineProperty(construct, 'name', { value: 'Future' })
Object.defineProperty(FutureObject.prototype, 'constructor', { value: Future, writable: true })

export { Future as default }

Future.task = (...fns: ((...args: any[]) => unknown)[]): Future => {
  const futures = fns.map((fn) => new FiberFuture(fn, undefined, []))
  if (futures.length === 1) return futures[0] as Future
  return allOf(futures)
}

Future.wrap = (target: unknown, isMultiple = false, suffix = 'Future'): any => {
  const options = { isMultiple, suffix }
  if (typeof target === 'function') return wrapFunction(target as () => unknown, options, true)
  return typeof target === 'object' ? wrapMethods(target as object, options, true) : undefined
}

Future.wait = (...futures) => waitForAll(futures)

Future.fromPromise = (promise) => {
  const future: Future = new Future()
  promise.then(
    (value) => future.return(value),
    (error: unknown) => future.throw(error),
  )
  return future
}

Object.defineProperty(Function.prototype, 'future', {
  value: futureOf,
  writable: true,
  configurable: true,
})

function futureOf(this: (...args: any[]) => unknown, isDetached = false): unknown {
  const fn = this
  const inFuture = function (this: unknown, ...args: unknown[]): FutureObject<unknown> {
    const future = new FiberFuture(fn, this, args)
    if (isDetached) future.detach()
    return future
  }
  inFuture.toString = () => `<<Future ${fn}.future()>>`
  return inFuture
}

function allOf(futures: FutureObject<unknown>[]): Future {
  const all: Future = new Future()
  const values = new Array<unknown>(futures.length)
  const errback =
    (index: number): Errback<unknown> =>
    (error, value) => {
      if (error) lastError = error
      values[index] = value
      if (--pending > 0) return
      if (lastError) all.throw(lastError)
      else all.return(values)
    }
  let lastError: unknown
  let pending = futures.length
  for (const [index, future] of futures.entries()) future.resolve(errback(index))
  return all
}
