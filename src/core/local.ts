import { AsyncLocalStorage } from 'node:async_hooks'
import { runningFiber } from './fiber.ts'

export interface LocalOptions<T> {
  /** Makes the value where there is none, at the first `get()`. */
  initial?: () => T
  /**
   * Whoever is started begins with the value of whoever started it: threads, calls of `toAsync`, async code,
   * through any number of conversions. What they set or delete stays with them. As asgiref's `Local`; by
   * an AsyncLocalStorage, which makes promises slower on Node.js 20 and 22. Default: false, every thread begins
   * without one.
   */
  inherited?: boolean
}

/**
 * A value per green thread; the main stack has one of its own.
 *
 * @example
 * const buffer = new Local({ initial: () => [] as string[] })
 * spawn(() => buffer.get().push('only in this thread'))
 *
 * const tenant = new Local<string>({ inherited: true })
 * spawn(() => {
 *   tenant.set('a')
 *   spawn(() => console.log(tenant.get())).join() // a
 * })
 */
export class Local<T> {
  readonly #initial: (() => T) | undefined
  readonly #values: Values<T>

  constructor(options: LocalOptions<T> & { initial: () => T })
  constructor(options?: LocalOptions<T | undefined>)
  constructor({ initial, inherited = false }: LocalOptions<T> = {}) {
    this.#initial = initial
    this.#values = inherited ? new InheritedValues() : new ValuesOfThreads(this)
  }

  get(): T {
    const values = this.#values
    if (values.has() || this.#initial === undefined) return values.get() as T
    const value = this.#initial()
    values.set(value)
    return value
  }

  set(value: T): void {
    this.#values.set(value)
  }

  /** Forgets the value of this thread, and tells whether it had one; `get()` makes a new one. */
  delete(): boolean {
    const isThere = this.#values.has()
    if (isThere) this.#values.delete()
    return isThere
  }
}

/** The values of one `Local`: all methods are about that of the code that runs. */
interface Values<T> {
  has(): boolean
  get(): T | undefined
  set(value: T): void
  delete(): void
}

class ValuesOfThreads<T> implements Values<T> {
  readonly #local: object

  constructor(local: object) {
    this.#local = local
  }

  has(): boolean {
    return valuesHere().has(this.#local)
  }

  get(): T | undefined {
    return valuesHere().get(this.#local) as T | undefined
  }

  set(value: T): void {
    valuesHere().set(this.#local, value)
  }

  delete(): void {
    valuesHere().delete(this.#local)
  }
}

/** In an object, as `undefined` is a value too. */
class InheritedValues<T> implements Values<T> {
  readonly #storage = new AsyncLocalStorage<{ readonly value: T } | undefined>()

  has(): boolean {
    return this.#storage.getStore() !== undefined
  }

  get(): T | undefined {
    return this.#storage.getStore()?.value
  }

  set(value: T): void {
    this.#storage.enterWith({ value })
  }

  delete(): void {
    this.#storage.enterWith(undefined)
  }
}

/** Weak, so that a `Local` that is gone does not keep its values while the thread lives on. */
type ValuesOfThread = WeakMap<object, unknown>

const valuesOfMain: ValuesOfThread = new WeakMap()

function valuesHere(): ValuesOfThread {
  const fiber = runningFiber()
  if (fiber === undefined || fiber.isAnonymous) return valuesOfMain
  fiber.locals ??= new WeakMap()
  return fiber.locals
}
