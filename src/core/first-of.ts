import { InvalidArgumentError } from '../errors.ts'
import type { GreenThread } from './green-thread.ts'
import { joinSome } from './join.ts'
import { scope } from './scope.ts'

/**
 * Runs functions at the same time, each in a green thread; returns the result or throws the error of
 * the first that ends. The others are cancelled and waited for. They are a `scope()`: an error that one of
 * them throws while it is being stopped is thrown, too. They start in their order; when one ends
 * at once, without waiting, those after it are not started.
 *
 * @throws NotInGreenThreadError on the main stack.
 * @example
 * const text = firstOf(
 *   () => wait(wait(fetch(url)).text()),
 *   () => {
 *     sleep(500)
 *     return 'too slow'
 *   },
 * )
 */
export function firstOf<F extends readonly (() => unknown)[]>(
  ...fns: F
): Awaited<ReturnType<F[number]>> {
  if (fns.length === 0) throw new InvalidArgumentError('fns', 'at least one function', 'none')
  return scope((s) => {
    const threads: GreenThread[] = []
    for (const fn of fns) {
      const thread = s.spawn(fn)
      threads.push(thread)
      if (thread.state !== 'suspended') break
    }
    const [first] = joinSome(threads, 1)
    try {
      return first?.join()
    } finally {
      s.cancel(DECIDED)
    }
  }) as Awaited<ReturnType<F[number]>>
}

/** An object, so that nobody else cancels for this very reason. */
const DECIDED = new Error('another function of firstOf() ended first')
