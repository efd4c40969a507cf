import { runningFiber } from './fiber.ts'

export interface LocalOptions<T> {
  /** Makes the value of a thread that has none, at the first `get()`. */
  initial?: () => T
}

/**
 * A value per green thread; the main stack has one of its own. For values that should be inherited and
 * should also reach async code use AsyncLocalStorage, which works in green threads as it is.
 *
 * @example
 * const buffer = new Local({ initial: () => [] as string[] })
 * spawn(() => buffer.get().push('only in this thread'))
 */
export class Local<T> {
  readonly #initial: (() => T) | undefined

  constructor(options: LocalOptions<T> & { initial: () => T })
  constructor(options?: LocalOptions<T | undefined>)
  constructor(options: LocalOptions<T> = {}) {
    this.#initial = options.initial
  }

  get(): T {
    const values = valuesHere()
    if (values.has(this) || this.#initial === undefined) return values.get(this) as T
    const value = this.#initial()
    values.set(this, value)
    return value
  }

  set(value: T): void {
    valuesHere().set(this, value)
  }

  /** Forgets the value of this thread; `get()` makes a new one. */
  delete(): boolean {
    return valuesHere().delete(this)
  }
}

/** Weak, so that a `Local` that is gone does not keep its values while the thread lives on. */
type Values = WeakMap<object, unknown>

const valuesOfMain: Values = new WeakMap()

function valuesHere(): Values {
  const fiber = runningFiber()
  if (fiber === undefined) return valuesOfMain
  fiber.locals ??= new WeakMap()
  return fiber.locals
}
