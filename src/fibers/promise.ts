/** `Promise.await` and what belongs to it, as Meteor's package `promise` (`meteor-promise`) has them. */
import '../core/startup.ts'
import { runningFiber } from '../core/fiber.ts'
import { wait } from '../core/wait.ts'
import { Fiber } from './fiber.ts'

declare global {
  interface PromiseConstructor {
    /** Suspends the running Fiber (or green thread) until the promise settles; a plain value is returned. */
    await<T>(value: T): Awaited<T>
    /** The same for all: `Promise.await(Promise.all(values))`. */
    awaitAll<T>(values: Iterable<T>): Awaited<T>[]
    /**
     * The function that calls another one in a Fiber, and returns the promise of its result.
     *
     * @param isReusing in a Fiber, the function is called in that one.
     */
    async<A extends unknown[], R>(
      fn: (...args: A) => R,
      isReusing?: boolean,
    ): (...args: A) => Promise<Awaited<R>>
    /** Calls a function as one that `Promise.async` returns. */
    asyncApply<A extends unknown[], R>(
      fn: (...args: A) => R,
      receiver: unknown,
      args: A,
      isReusing?: boolean,
    ): Promise<Awaited<R>>
  }

  interface Promise<T> {
    /** Suspends the running Fiber (or green thread) until this settles. */
    await(): Awaited<T>
  }
}

type AnyFunction = (...args: any[]) => any

/**
 * Gives `await`, `awaitAll`, `async`, `asyncApply` and the method `await` to a class of promises, and lets
 * the callbacks of `then` run in Fibers, each in its own: there they may call `await`. Continuations of async
 * functions are no such callbacks. A second call does nothing.
 *
 * A Fiber that is started this way gets shallow copies of the properties that the program has set on the
 * one that starts it, as Meteor's `Meteor.bindEnvironment` wants it.
 *
 * @example
 * import { makeCompatible } from 'greenthreads/fibers/promise'
 * makeCompatible(Promise)
 * const load = Promise.async((url: string) => fetch(url).await().status)
 * console.log(await load('http://localhost/'))
 */
export function makeCompatible(promises: PromiseConstructor = Promise): void {
  if (compatible.has(promises)) return
  compatible.add(promises)
  const { then } = promises.prototype
  define(promises.prototype, 'then', thenInFiber(then))
  define(promises.prototype, 'await', function (this: Promise<unknown>): unknown {
    return awaited(this)
  })
  define(promises, 'await', function (this: PromiseConstructor, value: unknown): unknown {
    return awaited(this.resolve(value))
  })
  define(promises, 'awaitAll', function (this: PromiseConstructor, values: []): unknown {
    return awaited(this.all(values))
  })
  define(
    promises,
    'async',
    function (this: PromiseConstructor, fn: AnyFunction, isReusing = false) {
      const promiseClass = this
      return function (this: unknown, ...args: unknown[]): Promise<unknown> {
        return apply(promiseClass, fn, this, args, isReusing)
      }
    },
  )
  define(
    promises,
    'asyncApply',
    function (
      this: PromiseConstructor,
      fn: AnyFunction,
      receiver: unknown,
      args: ArrayLike<unknown>,
      isReusing = false,
    ): Promise<unknown> {
      return apply(this, fn, receiver, args, isReusing)
    },
  )
}

const compatible = new WeakSet<PromiseConstructor>()

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true })
}

function awaited(promise: Promise<unknown>): unknown {
  if (runningFiber() === undefined) throw new Error('Cannot await without a Fiber')
  return wait(promise)
}

function apply(
  promises: PromiseConstructor,
  fn: AnyFunction,
  receiver: unknown,
  args: ArrayLike<unknown>,
  isReusing: boolean,
): Promise<unknown> {
  if (isReusing && Fiber.current !== undefined) {
    return promises.resolve(Reflect.apply(fn, receiver, args))
  }
  return callInFiber(promises, fn, receiver, args, propertiesOf(Fiber.current))
}

function callInFiber(
  promises: PromiseConstructor,
  fn: AnyFunction,
  receiver: unknown,
  args: ArrayLike<unknown>,
  properties: object,
): Promise<unknown> {
  return new promises((resolve, reject) => {
    const fiber = Fiber(() => {
      try {
        resolve(Reflect.apply(fn, receiver, args))
      } catch (error) {
        reject(error)
      }
    })
    Object.assign(fiber, properties).run()
  })
}

/** What `then` calls in Fibers itself: it goes without another one. */
const inFibers = new WeakSet<object>()

function thenInFiber(then: AnyFunction): AnyFunction {
  return function meteorPromiseThen(
    this: Promise<unknown>,
    onValue: unknown,
    onError: unknown,
  ): unknown {
    if (inFibers.has(this)) return then.call(this, onValue, onError)
    const promises = this.constructor as PromiseConstructor
    return then.call(this, callbackInFiber(promises, onValue), callbackInFiber(promises, onError))
  }
}

function callbackInFiber(promises: PromiseConstructor, callback: unknown): unknown {
  if (typeof callback !== 'function' || inFibers.has(callback)) return callback
  const properties = propertiesOf(Fiber.current)
  const inFiber = (argument: unknown): Promise<unknown> => {
    const promise = callInFiber(
      promises,
      callback as AnyFunction,
      undefined,
      [argument],
      properties,
    )
    // The native functions that will be given to its own `then` are none of the program's.
    inFibers.add(promise)
    return promise
  }
  inFibers.add(inFiber)
  return inFiber
}

/** Those that the program has set on a Fiber, one level deep. */
function propertiesOf(fiber: object | undefined): object {
  return Object.fromEntries(Object.entries(fiber ?? {}).map(([key, value]) => [key, copy(value)]))
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return [...value]
  if (typeof value !== 'object' || value === null) return value
  return Object.assign(Object.create(Object.getPrototypeOf(value)), value)
}
