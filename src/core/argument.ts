import { types } from 'node:util'
import { AsyncFunctionError, InvalidArgumentError } from '../errors.ts'

/** The longest delay of a timer of Node.js; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new InvalidArgumentError(name, 'a function', value)
}

/** A function whose synchronous body a green thread shall run. */
export function checkSynchronous(what: string, name: string, value: unknown): void {
  checkFunction(name, value)
  if (types.isAsyncFunction(value))
    throw new AsyncFunctionError(what, (value as () => unknown).name)
}

export function checkSignal(name: string, value: unknown): void {
  if (!(value instanceof AbortSignal)) throw new InvalidArgumentError(name, 'an AbortSignal', value)
}

/** A delay of a timer. */
export function checkDelay(name: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 0 && value <= LONGEST_TIMER_MS)) {
    throw new InvalidArgumentError(
      name,
      `a number of milliseconds from 0 to ${LONGEST_TIMER_MS}`,
      value,
    )
  }
}

/**
 * Checks a limit of time, which may be Infinity.
 *
 * @throws InvalidArgumentError
 */
export function checkTimeout(name: string, value: unknown): void {
  if (value !== Number.POSITIVE_INFINITY) checkDelay(name, value)
}
