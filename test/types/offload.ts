import { offload, offloadAsync, transfer } from 'greenthreads/offload'
import type { Equal, Expect } from './expect.ts'

declare const url: URL
declare function resize(image: Uint8Array, width: number): Promise<Uint8Array>

const computed = offload((a: number, b: string) => `${a}${b}`, 1, 'x')
const awaited = offloadAsync(async (a: number) => a, 1)
const named = offload<typeof resize>(url, 'resize', transfer(new Uint8Array(1)), 100)
const namedAsync = offloadAsync<typeof resize>('/work.js', 'resize', new Uint8Array(1), 100)
const untyped = offload(url, 'anything', 1, 'x')

export type Results = [
  Expect<Equal<typeof computed, string>>,
  Expect<Equal<typeof awaited, Promise<number>>>,
  Expect<Equal<typeof named, Uint8Array>>,
  Expect<Equal<typeof namedAsync, Promise<Uint8Array>>>,
  Expect<Equal<typeof untyped, unknown>>,
]

// @ts-expect-error: an argument is missing.
offload((a: number) => a)

// @ts-expect-error: a width is a number.
offload<typeof resize>(url, 'resize', new Uint8Array(1), 'wide')
