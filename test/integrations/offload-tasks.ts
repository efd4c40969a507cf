import { setImmediate as nextTurn } from 'node:timers/promises'
import { sleep, wait } from 'greenthreads'
import { transfer } from 'greenthreads/offload'

// Run by workers in offload.test.ts.

export function add(a: number, b: number): number {
  return a + b
}

export default function greet(name: string): string {
  return `hello ${name}`
}

export function waiting(text: string): string {
  sleep(0)
  return wait(nextTurn(`${text} after a wait`))
}

export async function asynchronous(text: string): Promise<string> {
  await nextTurn()
  return text
}

class QuotaError extends Error {
  readonly code = 'E_QUOTA'
  readonly limits = { daily: 5 }
  readonly handler = (): void => {}
}

export function fail(kind: string): never {
  if (kind === 'own') throw new QuotaError('over the quota', { cause: new TypeError('inner') })
  if (kind === 'library') wait(Promise.reject(new RangeError('refused')))
  if (kind === 'several') throw new AggregateError([new Error('one'), new TypeError('two')], 'both')
  throw { plain: kind }
}

export function moved(length: number): Uint8Array {
  return transfer(new Uint8Array(length).fill(7))
}

export const constant = 1
