import { addon } from './addon.ts'
import { running } from './running.ts'

/**
 * Calls a function on the OS thread of the main stack, where that is another one than that of the caller.
 * The caller can't be suspended meanwhile.
 *
 * @param caller the function from which on an error shows who has called.
 */
export function applyOnMainThread<Result>(
  fn: (...args: never[]) => Result,
  self: unknown,
  args: readonly unknown[],
  caller: (...args: never[]) => unknown,
): Result {
  if (running === undefined) return Reflect.apply(fn, self, args) as Result
  try {
    return addon.callOnMain(function onMainThread() {
      return Reflect.apply(fn, self, args) as Result
    })
  } catch (error) {
    if (error instanceof Error) showCaller(error, caller)
    throw error
  }
}

/**
 * An error that was made over there shows, below what ran there, what the main stack is waiting in. That is
 * replaced by those who have called.
 */
function showCaller(error: Error, caller: (...args: never[]) => unknown): void {
  const lines = linesOf(error)
  const entry = lines.findIndex((line) => line.includes('at onMainThread '))
  if (entry < 0) return
  const here: { stack?: unknown } = {}
  Error.captureStackTrace(here, caller)
  const stack = [...lines.slice(0, entry), ...linesOf(here).slice(1)].join('\n')
  Object.defineProperty(error, 'stack', { value: stack, writable: true, configurable: true })
}

/** None where a program formats its traces otherwise. */
function linesOf({ stack }: { stack?: unknown }): string[] {
  return typeof stack === 'string' ? stack.split('\n') : []
}
