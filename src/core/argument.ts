import { InvalidArgumentError } from '../errors.ts'

/** The longest delay of a timer of Node.js; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new InvalidArgumentError(name, 'a function', value)
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

/** A limit of time, which may be Infinity. */
export function checkTimeout(name: string, value: unknown): void {
  if (value !== Number.POSITIVE_INFINITY) checkDelay(name, value)
}
