import { runningFiber } from '../core/fiber.ts'
import { wait } from '../core/wait.ts'
import { Fiber } from './fiber.ts'
import { linkStacks } from './future-stack.ts'

// The messages and the names of the fields are those of future.js, as programs compare and read them.

/** A node-style callback. */
export type Errback<T> = (error: any, value?: T) => void

/** What `resolve` was given: a callback, or a future for the error with a function for the value. */
type Listener = [Errback<any> | FutureObject<any>, ((value: any) => void) | undefined]

/** A result that is not there yet. Its callbacks are called synchronously, in their order. */
export class FutureObject<T> {
  declare resolved?: true
  declare value?: T
  declare error?: unknown
  declare callbacks?: Listener[]

  /**
   * The value.
   *
   * @throws the error, its stack headed by that of the caller; Error when there is no result yet.
   */
  get(): T {
    if (!this.resolved) throw new Error('Future must resolve before value is ready')
    if (!this.error) return this.value as T
    linkStacks(this.error, FutureObject.prototype.get)
    throw this.error
  }

  /**
   * Sets the value, and calls the callbacks. What one of them throws is an uncaught exception.
   *
   * @throws Error when there is a result.
   */
  return(value?: T): void {
    checkUnresolved(this)
    this.value = value as T
    this.resolved = true
    callBack(this, ([first, onValue]) => {
      if (onValue) onValue(value)
      else (first as Errback<T>)(undefined, value)
    })
  }

  /**
   * As `return`, with an error.
   *
   * @throws Error when there is a result, or the error is falsy.
   */
  throw(error: unknown): void {
    checkUnresolved(this)
    if (!error) throw new Error('Must throw non-empty error')
    this.error = error
    this.resolved = true
    callBack(this, ([first, onValue]) => {
      if (onValue) (first as FutureObject<unknown>).throw(error)
      else (first as Errback<T>)(error)
    })
  }

  /** An error that the future gets is an uncaught exception. */
  detach(): void {
    this.resolve((error) => {
      if (error) throw error
    })
  }

  isResolved(): boolean {
    return this.resolved === true
  }

  /** A node-style callback which sets the result. */
  resolver(): Errback<T> {
    return (error, value) => {
      if (error) this.throw(error)
      else this.return(value)
    }
  }

  /**
   * Calls back with the result: now when there is one, else when it is set.
   *
   * @param first a node-style callback; or a future that gets an error, and then `onValue` gets a value.
   */
  resolve(first: Errback<T> | FutureObject<any>, onValue?: (value: T) => void): this {
    if (!this.resolved) {
      this.callbacks ??= []
      this.callbacks.push([first, onValue])
    } else if (!onValue) (first as Errback<T>)(this.error, this.value)
    else if (this.error) (first as FutureObject<unknown>).throw(this.error)
    else onValue(this.value as T)
    return this
  }

  /** Calls back with a value, and never with an error. */
  resolveSuccess(callback: (value: T) => void): this {
    return this.resolve((error, value) => {
      if (!error) callback(value as T)
    })
  }

  /** Hands the result on to another future. */
  proxy(future: FutureObject<T>): void {
    this.resolve((error, value) => {
      if (error) future.throw(error)
      else future.return(value)
    })
  }

  /** Hands an error on to another future, or to several. */
  proxyErrors(futures: FutureObject<any> | FutureObject<any>[]): this {
    return this.resolve((error) => {
      if (!error) return
      for (const future of Array.isArray(futures) ? futures : [futures]) future.throw(error)
    })
  }

  /** A promise of the result. */
  promise(): Promise<T> {
    return new Promise((resolve, reject) => {
      this.resolve((error, value) => {
        if (error) reject(error)
        else resolve(value as T)
      })
    })
  }

  /**
   * Suspends the running Fiber (or green thread) until there is a result, and returns it as `get` does.
   *
   * @throws as `get`; Error where nothing can be suspended.
   */
  wait(): T {
    if (!this.isResolved()) waitForAll([this])
    return this.get()
  }
}

/** The result of a function that is called in a Fiber of its own, in the next tick. */
export class FiberFuture<T> extends FutureObject<T> {
  readonly #fn: (...args: any[]) => T
  readonly #receiver: unknown
  readonly #args: readonly unknown[]
  /** Called, or being called. */
  started = false

  constructor(fn: (...args: any[]) => T, receiver: unknown, args: readonly unknown[]) {
    super()
    this.#fn = fn
    this.#receiver = receiver
    this.#args = args
    process.nextTick(() => {
      if (!this.started) Fiber(() => this.call()).run()
    })
  }

  /** Calls the function in the Fiber that runs. */
  call(): void {
    this.started = true
    let value: T
    try {
      value = Reflect.apply(this.#fn, this.#receiver, this.#args)
    } catch (error) {
      this.throw(error)
      return
    }
    this.return(value)
  }
}

/**
 * Suspends the running Fiber until all have a result. Errors are not thrown. One function that is to be called
 * in a Fiber of its own, and has not been yet, is called in this one.
 */
export function waitForAll(args: readonly unknown[]): void {
  const futures = args.flat().map(checkFuture)
  const { pause, goOn } = pauseHere()
  const pending = new Set(futures.filter((future) => !future.isResolved()))
  let isPaused = false
  const inline = [...pending].find(isUnstarted)
  for (const future of pending) {
    future.resolve(() => {
      pending.delete(future)
      if (isPaused && pending.size === 0) goOn()
    })
  }
  inline?.call()
  if (pending.size === 0) return
  isPaused = true
  try {
    pause()
  } finally {
    // Somebody else may have let it go on.
    isPaused = false
  }
}

function isUnstarted(future: FutureObject<unknown>): future is FiberFuture<unknown> {
  return future instanceof FiberFuture && !future.started
}

function checkFuture(future: unknown): FutureObject<unknown> {
  if (future instanceof FutureObject) return future
  throw new Error(`${future} is not a future`)
}

// Not private methods: what is made by `util.inherits` and the like has none.
function checkUnresolved(future: FutureObject<any>): void {
  if (future.resolved) throw new Error('Future resolved more than once')
}

function callBack(future: FutureObject<any>, call: (listener: Listener) => void): void {
  const { callbacks } = future
  if (callbacks === undefined) return
  delete future.callbacks
  for (const listener of callbacks) {
    try {
      call(listener)
    } catch (error) {
      process.nextTick(() => {
        throw error
      })
    }
  }
}

interface Pause {
  pause(): void
  goOn(): void
}

function pauseHere(): Pause {
  const fiber = Fiber.current
  if (fiber !== undefined) return { pause: () => Fiber.yield(), goOn: () => fiber.run() }
  if (runningFiber() === undefined) throw new Error("Can't wait without a fiber")
  let goOn = (): void => {}
  const promise = new Promise<void>((resolve) => {
    goOn = resolve
  })
  return { pause: () => wait(promise), goOn }
}
