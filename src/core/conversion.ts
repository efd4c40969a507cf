import { checkFunction } from './argument.ts'
import { Fiber } from './fiber.ts'
import { requireFiber } from './running-fiber.ts'

/**
 * Turns a synchronous function that waits into one that async code can call: each call runs in a green
 * thread of its own and returns a promise. Name, length and `this` are kept.
 *
 * @example
 * const loadAsync = toAsync((id: number) => wait(db.load(id)).name)
 * const name = await loadAsync(1)
 */
export function toAsync<This, A extends unknown[], R>(
  fn: (this: This, ...args: A) => R,
): (this: This, ...args: A) => Promise<Awaited<R>> {
  checkFunction('fn', fn)
  return likeOriginal(fn, function (this: This, ...args: A): Promise<Awaited<R>> {
    const fiber = new Fiber(fn, this, args)
    try {
      fiber.start()
    } catch (error) {
      return Promise.reject(error)
    }
    return fiber.promise as Promise<Awaited<R>>
  })
}

/**
 * Turns an async function into one that waits for the result. Name, length and `this` are kept.
 *
 * @throws NotInGreenThreadError outside of green threads, before the function is called.
 * @example
 * const readFileSync = toSync(readFile) // from 'node:fs/promises'
 * spawn(() => console.log(readFileSync('notes.txt', 'utf8')))
 */
export function toSync<This, A extends unknown[], R>(
  fn: (this: This, ...args: A) => R,
): (this: This, ...args: A) => Awaited<R> {
  checkFunction('fn', fn)
  return likeOriginal(fn, function (this: This, ...args: A): Awaited<R> {
    return requireFiber(`${fn.name}()`).callAndWait(fn, this, args) as Awaited<R>
  })
}

function likeOriginal<F extends (...args: never[]) => unknown>(
  original: { readonly name: string; readonly length: number },
  wrapper: F,
): F {
  const { name, length } = original
  Object.defineProperty(wrapper, 'name', { value: name, configurable: true })
  Object.defineProperty(wrapper, 'length', { value: length, configurable: true })
  return wrapper
}
