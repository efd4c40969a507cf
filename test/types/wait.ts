import { type GreenThread, spawn, toAsync, toSync, wait } from 'greenthreads'
import type { Equal, Expect } from './expect.ts'

/** `wait` unwraps what `await` unwraps. */
export type WaitUnwraps = [
  Expect<Equal<ReturnType<typeof wait<Promise<number>>>, number>>,
  Expect<Equal<ReturnType<typeof wait<Promise<Promise<string>>>>, string>>,
  Expect<Equal<ReturnType<typeof wait<PromiseLike<boolean> | 1>>, boolean | 1>>,
  Expect<Equal<ReturnType<typeof wait<GreenThread<Date>>>, Date>>,
  Expect<Equal<ReturnType<typeof wait<'plain'>>, 'plain'>>,
  Expect<Equal<ReturnType<typeof wait<Promise<never>>>, never>>,
]

const plain = spawn((a: number, b: string) => `${a}${b}`, 1, 'x')
const unwrapped = spawn(async () => 1)
const asynchronous = toAsync((a: number) => wait(Promise.resolve(a)))
const nested = toAsync((_: string, ...rest: number[]) => Promise.resolve(rest))
const synchronous = toSync(async (a: number, b?: string) => ({ a, b }))

export type SpawnAndConversions = [
  Expect<Equal<typeof plain, GreenThread<string>>>,
  Expect<Equal<ReturnType<typeof plain.join>, string>>,
  Expect<Equal<typeof unwrapped, GreenThread<number>>>,
  Expect<Equal<Awaited<typeof unwrapped>, number>>,
  Expect<Equal<Parameters<typeof asynchronous>, [a: number]>>,
  Expect<Equal<ReturnType<typeof asynchronous>, Promise<number>>>,
  Expect<Equal<Parameters<typeof nested>, [_: string, ...rest: number[]]>>,
  Expect<Equal<ReturnType<typeof nested>, Promise<number[]>>>,
  Expect<Equal<Parameters<typeof synchronous>, [a: number, b?: string | undefined]>>,
  Expect<Equal<ReturnType<typeof synchronous>, { a: number; b: string | undefined }>>,
]

// @ts-expect-error: an argument is missing.
spawn((a: number) => a)

class Counter {
  #count = 1
  next = toSync(async function (this: Counter) {
    return this.#count++
  })
}

// @ts-expect-error: this is kept, so it is checked.
toAsync(function (this: Counter) {}).call(undefined)

export type ThisIsKept = Expect<Equal<ReturnType<Counter['next']>, number>>
