import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import fc from 'fast-check'
import { patch, unpatchAll } from 'greenthreads/patch'
import { callCount } from './call-counts.ts'
import { ofOriginal, ofPatched, type Result } from './comparison.ts'

type AnyFunction = (...args: unknown[]) => unknown

patch('Atomics')
after(() => unpatchAll())

const words = fc.constantFrom<unknown>(
  new Int32Array(new SharedArrayBuffer(16)),
  new BigInt64Array(new SharedArrayBuffer(16)),
  new Int32Array(4), // not shared
  new Uint32Array(new SharedArrayBuffer(16)),
  new DataView(new SharedArrayBuffer(16)),
  [0],
  undefined,
)
const index = fc.constantFrom<unknown>(0, 1, '1', 1.5, undefined, 99, -1, Number.NaN, 1n, {})
const value = fc.constantFrom<unknown>(0, 0n, 1, 5n, '0', 'x', undefined, null, {}, Symbol.iterator)
/** All of them end. */
const timeout = fc.constantFrom<unknown>(0, 1, -5, '1', 0.5, null, Number.NEGATIVE_INFINITY, 1n)

test('Atomics.wait does in a green thread what it does elsewhere', async () => {
  const wait = Atomics.wait as AnyFunction
  await fc.assert(
    fc.asyncProperty(fc.tuple(words, index, value, timeout), async (args) => {
      const expected = ofOriginal(wait, Atomics, args)
      assert.deepEqual(await ofPatched(wait, Atomics, args), expected)
    }),
    { numRuns: callCount(), includeErrorInReport: true },
  )
})

/** Made for each call, as what is transferred is gone. */
const message: fc.Arbitrary<() => unknown[]> = fc.constantFrom<() => unknown[]>(
  () => ['text'],
  () => [{ nested: [1, 2n, new Date(0)] }],
  () => [undefined],
  () => [],
  () => [() => {}],
  () => [Symbol.iterator],
  () => {
    const buffer = new ArrayBuffer(4)
    return [buffer, [buffer]]
  },
  () => [new ArrayBuffer(4), { transfer: [] }],
  () => ['text', 5],
  () => ['text', [5]],
  () => {
    const buffer = new ArrayBuffer(4)
    return [buffer, [buffer, buffer]]
  },
)

test('postMessage does in a green thread what it does elsewhere', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 4 }), async (makes) => {
      assert.deepEqual(await conversation(makes, ofPatched), await conversation(makes, ofOriginal))
    }),
    { numRuns: callCount(), includeErrorInReport: true },
  )
})

type Way = (fn: AnyFunction, receiver: unknown, args: unknown[]) => Result | Promise<Result>

/** What the calls came to, and what has arrived. */
async function conversation(makes: readonly (() => unknown[])[], way: Way): Promise<unknown> {
  const { port1, port2 } = new MessageChannel()
  const results: Result[] = []
  for (const make of makes) results.push(await way(port1.postMessage as AnyFunction, port1, make()))
  const arrived: unknown[] = []
  for (let got = receiveMessageOnPort(port2); got; got = receiveMessageOnPort(port2)) {
    arrived.push(got.message)
  }
  port1.close()
  return { results, arrived }
}
