import { setTimeout as delay } from 'node:timers/promises'
import { wait } from 'greenthreads'

/** A synchronous function, some calls deep, that waits. */
export function leaf<T>(value: T, depth = 5): T {
  return depth === 0 ? wait(delay(2, value)) : leaf(value, depth - 1)
}

export const say = (...values: unknown[]): void => console.log(...values)
