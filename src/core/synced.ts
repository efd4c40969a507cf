import { types } from 'node:util'
import { InvalidArgumentError } from '../errors.ts'
import { runningFiber } from './fiber.ts'
import { callLinked } from './linked-call.ts'
import { wait } from './wait.ts'

/** Values which a facade hands out as they are. */
type Plain =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | Date
  | RegExp
  | Error
  | ArrayBuffer
  | SharedArrayBuffer
  | ArrayBufferView
  | PromiseLike<unknown>
  | readonly unknown[]
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | WeakMap<WeakKey, unknown>
  | WeakSet<WeakKey>

/**
 * `T` with every promise that a method returns already waited for, at any depth of objects. Of overloaded
 * methods the last eight signatures are known; type parameters of methods are lost. Where they matter write
 * `wait(pool.query<Row>(text))` instead, on the object itself.
 */
export type Synced<T> = T extends Plain
  ? T
  : T extends (...args: never[]) => unknown
    ? SyncedMembers<T> & SyncedCall<T>
    : T extends object
      ? SyncedMembers<T>
      : T

type SyncedCall<T> = T extends {
  (...args: infer A1): infer R1
  (...args: infer A2): infer R2
  (...args: infer A3): infer R3
  (...args: infer A4): infer R4
  (...args: infer A5): infer R5
  (...args: infer A6): infer R6
  (...args: infer A7): infer R7
  (...args: infer A8): infer R8
}
  ? Signature<A1, R1> &
      Signature<A2, R2> &
      Signature<A3, R3> &
      Signature<A4, R4> &
      Signature<A5, R5> &
      Signature<A6, R6> &
      Signature<A7, R7> &
      Call<A8, R8>
  : T extends {
        (...args: infer A1): infer R1
        (...args: infer A2): infer R2
        (...args: infer A3): infer R3
        (...args: infer A4): infer R4
      }
    ? Signature<A1, R1> & Signature<A2, R2> & Signature<A3, R3> & Call<A4, R4>
    : T extends { (...args: infer A1): infer R1; (...args: infer A2): infer R2 }
      ? Signature<A1, R1> & Call<A2, R2>
      : T extends (...args: infer A) => infer R
        ? Call<A, R>
        : never

// As a condition, which leaves no trace in types derived from it: nobody outside could name this one.
type Call<A, R> = A extends unknown[] ? (...args: Passable<A>) => Synced<Awaited<R>> : never

/** A parameter that nothing can be given for is what is left when its type parameter is lost. */
type Passable<A extends unknown[]> = {
  [K in keyof A]: [Exclude<A[K], undefined>] extends [never] ? unknown : A[K]
}

/** TypeScript fills up with `(...args: unknown[]) => unknown` where there are fewer signatures. */
type Signature<A extends unknown[], R> = unknown[] extends A
  ? unknown extends R
    ? unknown
    : Call<A, R>
  : Call<A, R>

type SyncedMembers<T> = T extends unknown ? { [K in keyof T]: Synced<T[K]> } : never

/**
 * A facade of an async object (a pool, a client, an ORM): its methods wait for the promises that they
 * return. Objects that it contains or returns are facades too; arrays, plain data, dates, buffers and
 * errors are handed out as they are. Facades among arguments arrive as the originals.
 *
 * A thenable is waited for at once. Where a library builds queries with thenables (knex, mongoose), use
 * `wait(query)` instead. A callback that the library calls runs on the main stack as always: give it
 * `toAsync(callback)`.
 *
 * @throws NotInGreenThreadError, by methods called outside of green threads which return a promise.
 * @example
 * const db = synced(new pg.Pool())
 * spawn(() => console.log(db.query('select 1 as one').rows))
 */
export function synced<T extends object>(target: T): Synced<T> {
  if (!isObject(target)) throw new InvalidArgumentError('target', 'an object or a function', target)
  return facadeOf(target) as Synced<T>
}

const facades = new WeakMap<object, object>()
const originals = new WeakMap<object, object>()

function facadeOf(target: object): object {
  if (originals.has(target)) return target
  const known = facades.get(target)
  if (known !== undefined) return known
  const facade = new Proxy(proxyTarget(target), new Facade(target))
  facades.set(target, facade)
  originals.set(facade, target)
  return facade
}

/** A proxy must not show something else for a member that can't change: it gets a stand-in then. */
function proxyTarget(target: object): object {
  if (!Object.isFrozen(target)) return target
  return typeof target === 'function' ? () => {} : {}
}

class Facade implements ProxyHandler<object> {
  readonly #target: object

  constructor(target: object) {
    this.#target = target
  }

  get(_proxied: object, key: PropertyKey): unknown {
    // With the original as receiver, so that getters find private members.
    const value: unknown = Reflect.get(this.#target, key, this.#target)
    if (!isObject(value) || isPlain(value)) return value
    return facadeOf(value)
  }

  set(_proxied: object, key: PropertyKey, value: unknown): boolean {
    return Reflect.set(this.#target, key, original(value), this.#target)
  }

  apply(_proxied: object, receiver: unknown, args: unknown[]): unknown {
    const method = this.#target as AnyFunction
    const self = original(receiver)
    const originals = args.map(original)
    const fiber = runningFiber()
    return resultOf(
      fiber === undefined
        ? wait(Reflect.apply(method, self, originals))
        : callLinked(fiber, method, self, originals, false),
    )
  }

  construct(_proxied: object, args: unknown[]): object {
    return facadeOf(Reflect.construct(this.#target as AnyFunction, args.map(original)))
  }

  has(_proxied: object, key: PropertyKey): boolean {
    return Reflect.has(this.#target, key)
  }

  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.#target)
  }

  getOwnPropertyDescriptor(proxied: object, key: PropertyKey): PropertyDescriptor | undefined {
    const descriptor = Reflect.getOwnPropertyDescriptor(this.#target, key)
    if (descriptor === undefined || proxied === this.#target) return descriptor
    return { ...descriptor, configurable: true }
  }

  getPrototypeOf(): object | null {
    return Reflect.getPrototypeOf(this.#target)
  }
}

type AnyFunction = (...args: unknown[]) => unknown

function original(value: unknown): unknown {
  return isObject(value) ? (originals.get(value) ?? value) : value
}

function isObject(value: unknown): value is object {
  return typeof value === 'function' || (typeof value === 'object' && value !== null)
}

function resultOf(value: unknown): unknown {
  if (!isObject(value) || isPlain(value) || isData(value, DATA_DEPTH)) return value
  return facadeOf(value)
}

function isPlain(value: object): boolean {
  return (
    Array.isArray(value) ||
    ArrayBuffer.isView(value) ||
    types.isNativeError(value) ||
    value instanceof Error ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isPromise(value)
  )
}

/** How deep a result is searched for methods. Below that a facade is the safe answer. */
const DATA_DEPTH = 4

/** True for records without methods, which must stay what they are: they are stored, sent, compared. */
function isData(value: object, depth: number): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) return false
  if (depth === 0) return false
  return Object.values(value).every(
    (member) =>
      !isObject(member) ||
      (typeof member !== 'function' && (isPlain(member) || isData(member, depth - 1))),
  )
}
