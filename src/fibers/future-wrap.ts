import { FutureObject } from './future-object.ts'

type AnyFunction = (...args: any[]) => any

export interface WrapOptions {
  /** The callback gets several values after the error: the result is an array of them. */
  isMultiple: boolean
  /** Is appended to the names of methods. */
  suffix: string
}

/** An object that inherits from the given one, with a method that returns a future for each of its methods. */
export function wrapMethods(target: object, options: WrapOptions, isDeep: boolean): object {
  const wrapped = Object.create(target) as Record<string, unknown>
  for (const name in target) {
    const method = wrapped[name]
    if (!(method instanceof Function)) continue
    wrapped[name + options.suffix] = wrapFunction(method as AnyFunction, options, isDeep)
  }
  return wrapped
}

/** A function that returns a future instead of calling back. What the original returns is `_` of the future. */
export function wrapFunction(
  fn: AnyFunction,
  options: WrapOptions,
  isDeep: boolean,
): (...args: unknown[]) => FutureObject<unknown> & { _: unknown } {
  function inFuture(this: unknown, ...args: unknown[]): FutureObject<unknown> & { _: unknown } {
    const future = new FutureObject<unknown>() as FutureObject<unknown> & { _: unknown }
    const resolver = future.resolver()
    const callback = options.isMultiple
      ? (error?: unknown, ...values: unknown[]) => resolver(error, values)
      : resolver
    future._ = fn.call(this, ...args, callback)
    return future
  }
  // Some packages are a function that has functions: those are to be had, too, and as futures.
  if (isDeep) Object.setPrototypeOf(inFuture, wrapMethods(Object.create(fn), options, false))
  return inFuture
}
