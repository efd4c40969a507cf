import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import zlib from 'node:zlib'
import fc from 'fast-check'
import { patch, patchEvents, unpatchAll } from 'greenthreads/patch'
import { callCount } from './call-counts.ts'
import { ofOriginal, ofPatched, type Result } from './comparison.ts'
import { bytes } from './crypto-arguments.ts'

type AnyFunction = (...args: unknown[]) => unknown

const patched: string[] = []
patchEvents.on('didPatch', ({ name }) => patched.push(name))
patch('zlib')
after(() => unpatchAll())

const functions = zlib as unknown as Record<string, AnyFunction>
const { constants } = zlib

const packed = patched
  .filter((name) => /[Cc]ompress|^deflate|^gzip/.test(name) && !/Decompress/.test(name))
  .map((name) => functions[name]?.('packed text '.repeat(9)) as Buffer)

const data = fc.oneof(
  bytes,
  fc.constantFrom(...packed),
  fc.constantFrom(...packed).map((whole) => whole.subarray(0, 12)),
  fc.constantFrom(...packed).map((whole) => Buffer.concat([whole, whole])),
  fc.constantFrom(...packed).map((whole) => Buffer.concat([whole, Buffer.from('rest')])),
)

const { BROTLI_PARAM_QUALITY, ZSTD_c_compressionLevel = 100 } = constants as Record<string, number>

const options = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<unknown>(undefined, null, 5, 'x', {}) },
  {
    weight: 6,
    arbitrary: fc.record(
      {
        level: fc.constantFrom(9, 0, -1, 99),
        memLevel: fc.constantFrom(1, 9, 10),
        windowBits: fc.constantFrom(9, 15, 0, 99),
        strategy: fc.constantFrom(constants.Z_RLE, constants.Z_FIXED, 99),
        maxOutputLength: fc.constantFrom(3, 1000, 0),
        chunkSize: fc.constantFrom(64, 1024, 1),
        info: fc.boolean(),
        flush: fc.constantFrom(constants.Z_NO_FLUSH, constants.Z_SYNC_FLUSH, 99),
        finishFlush: fc.constantFrom(constants.Z_SYNC_FLUSH, constants.Z_FINISH, 99),
        dictionary: fc.constantFrom<unknown>(Buffer.from('text'), new ArrayBuffer(2), 'x'),
        rejectGarbageAfterEnd: fc.boolean(),
        params: fc.constantFrom(
          { [BROTLI_PARAM_QUALITY as number]: 4 },
          { [ZSTD_c_compressionLevel]: 3 },
          { 9999: 1 },
          { x: 1 },
        ),
      },
      { requiredKeys: [] },
    ),
  },
  // More than two of them are refused for one or the other.
  {
    weight: 6,
    arbitrary: fc.constantFrom<unknown>(
      { info: true },
      { level: 9 },
      { chunkSize: 64 },
      { maxOutputLength: 3 },
      { finishFlush: constants.Z_SYNC_FLUSH },
      { dictionary: Buffer.from('text') },
      { rejectGarbageAfterEnd: true },
    ),
  },
)

for (const name of patched) {
  test(`${name} does in a green thread what it does elsewhere`, async () => {
    const fn = functions[name] as AnyFunction
    await fc.assert(
      fc.asyncProperty(data, options, async (...args) => {
        const expected = tidy(ofOriginal(fn, zlib, args))
        assert.deepEqual(tidy(await ofPatched(fn, zlib, args)), expected)
      }),
      { numRuns: callCount(), includeErrorInReport: true },
    )
  })
}

/** With `info` the stream is part of the result. */
function tidy(result: Result): Result {
  if (!('value' in result) || typeof result.value !== 'object') return result
  const { buffer, engine, ...others } = result.value as { buffer: Buffer; engine: object }
  return { value: { text: buffer.toString('latin1'), engine: engine.constructor.name, ...others } }
}
