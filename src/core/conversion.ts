import { InvalidArgumentError } from '../errors.ts'
import { checkFunction, checkSynchronous } from './argument.ts'
import { type Body, Fiber } from './fiber.ts'
import { callLinked, linkToCaller, startLinking } from './linked-call.ts'
import { requireSuspension } from './must-suspend.ts'
import { requireFiber } from './running-fiber.ts'
import { lineOf, SerialLine } from './serial-line.ts'
import { startAlone } from './start.ts'

export interface ToAsyncOptions {
  /** The name of the green threads, shown in stacks and messages; by default that of the function. */
  name?: string
  /**
   * One call at a time, in the order of the calls: of this function (`true`), or of all functions that
   * are given the same object. A call made from within such a call, also through async code, does not
   * wait for the outer one (asgiref's `thread_sensitive`). Default: false.
   */
  serial?: boolean | object
  /**
   * Reject with `DidNotSuspendError` when the function returns without having waited for anything: finds
   * drivers that block (SQLAlchemy's `_require_await`). Default: false.
   */
  mustSuspend?: boolean
  /**
   * Let a call go on when the green thread for which async code made it stops waiting. Default: false,
   * it is cancelled.
   */
  detached?: boolean
  /**
   * Enters the async context in which each call runs, and calls what it is given there: what
   * `AsyncLocalStorage.snapshot()` returns, or `(call) => storage.run(value, call)`. Default: that of the caller.
   */
  context?: (call: () => void) => unknown
}

/**
 * Turns a synchronous function that waits into one that async code can call: each call runs in a green
 * thread of its own and returns a promise. Name, length, `this` and own properties are kept.
 *
 * A call made by an async function for which a green thread waits, by `toSync`, is cancelled when that
 * thread stops waiting. So is one of a function that the thread itself made, with `toAsync`, and gave to a
 * method of a `synced` object. To cancel a single call from elsewhere use
 * `spawn(fn, ...args).toPromise({ signal })`.
 *
 * @throws AsyncFunctionError for an `async` function, which is async already.
 * @example
 * const loadAsync = toAsync((id: number) => wait(db.load(id)).name)
 * const name = await loadAsync(1)
 */
export function toAsync<This, A extends unknown[], R>(
  fn: (this: This, ...args: A) => R,
  options: ToAsyncOptions = {},
): (this: This, ...args: A) => Promise<Awaited<R>> {
  checkSynchronous('toAsync()', 'fn', fn)
  const { name = fn.name, serial = false, mustSuspend = false, detached = false } = options
  const { context } = options
  if (context !== undefined) checkFunction('context', context)
  const line = serialLine(serial)
  const body = inTurn(line, mustSuspend ? requireSuspension(fn, name) : fn)
  const converted = function (this: This, ...args: A): Promise<Awaited<R>> {
    const fiber = new Fiber(body, this, args)
    if (fiber.name !== name) fiber.name = name
    if (!detached) linkToCaller(fiber, converted)
    const promise = context === undefined ? startedPromise(fiber) : startedIn(context, fiber)
    return promise as Promise<Awaited<R>>
  }
  if (!detached) startLinking(converted)
  return likeOriginal(fn, converted)
}

export interface ToSyncOptions {
  /**
   * Don't follow where the function goes on after its first `await`: functions of `toAsync` that it calls
   * from there go on when the thread stops waiting, unless the thread made them itself. Following costs something
   * on Node.js 20 and 22, see docs/conversions.md. Default: false.
   */
  detached?: boolean
}

/**
 * Turns an async function into one that waits for the result. Name, length, `this` and own properties
 * are kept.
 *
 * When the thread stops waiting because it was cancelled or a deadline passed, so do the calls that
 * the function made to functions of `toAsync`. Hand `current()?.signal` to what should be stopped as well.
 *
 * @throws NotInGreenThreadError outside of green threads, before the function is called.
 * @example
 * const readFileSync = toSync(readFile) // from 'node:fs/promises'
 * spawn(() => console.log(readFileSync('notes.txt', 'utf8')))
 */
export function toSync<This, A extends unknown[], R>(
  fn: (this: This, ...args: A) => R,
  { detached = false }: ToSyncOptions = {},
): (this: This, ...args: A) => Awaited<R> {
  checkFunction('fn', fn)
  return likeOriginal(fn, function (this: This, ...args: A): Awaited<R> {
    return callLinked(requireFiber(`${fn.name}()`), fn, this, args, !detached) as Awaited<R>
  })
}

function startedPromise(fiber: Fiber): Promise<unknown> {
  if (fiber.isOver) return fiber.promise // cancelled already
  try {
    startAlone(fiber)
  } catch (error) {
    return Promise.reject(error)
  }
  return fiber.promise
}

function startedIn(context: (call: () => void) => unknown, fiber: Fiber): Promise<unknown> {
  let promise: Promise<unknown> | undefined
  context(() => {
    promise ??= startedPromise(fiber)
  })
  if (promise === undefined)
    throw new InvalidArgumentError('context', 'a function that calls its argument at once', context)
  return promise
}

function serialLine(serial: unknown): SerialLine | undefined {
  if (serial === false) return undefined
  if (serial === true) return new SerialLine()
  if (typeof serial === 'object' && serial !== null) return lineOf(serial)
  throw new InvalidArgumentError('serial', 'a boolean, or an object that functions share', serial)
}

function inTurn(line: SerialLine | undefined, fn: Body): Body {
  if (line === undefined) return fn
  return function (this: unknown, ...args: unknown[]): unknown {
    return line.run(fn, this, args)
  }
}

function likeOriginal<F extends Body>(original: Body, wrapper: F): F {
  for (const key of Reflect.ownKeys(original)) {
    if (NOT_COPIED.has(key)) continue
    const descriptor = Reflect.getOwnPropertyDescriptor(original, key) as PropertyDescriptor
    Object.defineProperty(wrapper, key, descriptor)
  }
  return wrapper
}

/** Of the original alone. */
const NOT_COPIED = new Set<PropertyKey>(['prototype', 'arguments', 'caller'])
