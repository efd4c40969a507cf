import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { after, test } from 'node:test'
import zlib from 'node:zlib'
import fc from 'fast-check'
import { backend, Cancelled, spawn } from 'greenthreads'
import { original, patch, unpatchAll } from 'greenthreads/patch'
import { ofOriginal, ofPatched, type Result } from './comparison.ts'

type AnyFunction = (...args: unknown[]) => unknown

patch('crypto', 'zlib')
after(() => unpatchAll())

const bytes = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)) },
  { weight: 3, arbitrary: fc.string({ maxLength: 20 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      undefined,
      null,
      5,
      {},
      new DataView(new ArrayBuffer(4)),
      new ArrayBuffer(3),
    ),
  },
)
const number = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 64 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(0, -1, 1.5, 'x', undefined, Number.NaN, 2 ** 31),
  },
)
const digest = fc.constantFrom<unknown>('sha1', 'sha256', 'SHA512', 'no-such', undefined, 5)
const noFunction = fc.constantFrom<unknown>(undefined, null, 5, 'x', {})

const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519')
const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 1024 })
const key = fc.constantFrom<unknown>(privateKey, publicKey, rsa.publicKey, 'no key', undefined, {
  key: 5,
})
const signature = crypto.sign(null, Buffer.from('text'), privateKey)

/** Functions whose result follows from the arguments. */
const inCrypto: Record<string, fc.Arbitrary<unknown>[]> = {
  pbkdf2Sync: [bytes, bytes, number, number, digest],
  hkdfSync: [digest, bytes, bytes, bytes, number],
  scryptSync: [
    bytes,
    bytes,
    number,
    fc.constantFrom<unknown>(
      undefined,
      { N: 16 },
      { cost: 15 },
      { N: 2 ** 20 },
      { maxmem: 1 },
      null,
      5,
    ),
  ],
  checkPrimeSync: [
    fc.constantFrom<unknown>(7n, 8n, Buffer.from([13]), -3n, 'x', undefined),
    fc.constantFrom<unknown>(undefined, {}, { checks: 3 }, { checks: -1 }, null),
  ],
  sign: [
    fc.constantFrom<unknown>(null, undefined, 'no-such'),
    bytes,
    fc.constantFrom<unknown>(privateKey, publicKey, 'no key', undefined),
  ],
  verify: [
    fc.constantFrom<unknown>(null, undefined, 'sha256', 'no-such'),
    fc.constantFrom<unknown>('text', Buffer.from('text'), 'other', 5),
    key,
    fc.constantFrom<unknown>(signature, Buffer.from('short'), undefined),
  ],
}

const packed = [zlib.gzipSync, zlib.deflateSync, zlib.deflateRawSync, zlib.brotliCompressSync].map(
  (pack) => pack('packed text'),
)
const zlibData = fc.oneof(
  bytes,
  fc.constantFrom(...packed),
  fc.constant(packed[0]?.subarray(0, 12)),
)
const zlibOptions = fc.constantFrom<unknown>(
  undefined,
  {},
  { level: 9 },
  { level: 99 },
  { maxOutputLength: 3 },
  { chunkSize: 64 },
  { info: false },
  { finishFlush: zlib.constants.Z_SYNC_FLUSH },
  { dictionary: Buffer.from('text') },
)
const zlibNames = Object.keys(zlib).filter((name) => name.endsWith('Sync'))
const leftAlone = ['createZipArchiveSync']

for (const [name, kinds] of Object.entries(inCrypto)) compare(crypto, name, kinds)
for (const name of zlibNames)
  if (!leftAlone.includes(name)) compare(zlib, name, [zlibData, zlibOptions])

function compare(module: object, name: string, kinds: fc.Arbitrary<unknown>[]): void {
  test(`${name} does in a green thread what it does elsewhere`, async () => {
    const fn = (module as Record<string, AnyFunction>)[name] as AnyFunction
    await fc.assert(
      fc.asyncProperty(fc.tuple(...kinds), async (args) => {
        const expected = withoutDetails(ofOriginal(fn, module, args))
        assert.deepEqual(withoutDetails(await ofPatched(fn, module, args)), expected)
      }),
      { numRuns: 200, includeErrorInReport: true },
    )
  })
}

/** OpenSSL keeps the last error for each thread of the system; Node.js adds what it finds there. */
function withoutDetails(result: Result): Result {
  if ('value' in result) return result
  const { message, heading, ...others } = result.error
  // With the thread backend a green thread is another thread of the system.
  if (backend === 'thread' && String(others.code).startsWith('ERR_OSSL')) {
    return { error: { class: others.class } }
  }
  const plain = [message, heading].map((text) => String(text).replace(/: error:.*$/s, ''))
  return { error: { ...others, plain } }
}

/** Functions whose result is random. */
const random: Record<string, unknown[]> = {
  generateKeyPairSync: ['ec', { namedCurve: 'P-256' }],
  generateKeySync: ['hmac', { length: 64 }],
  generatePrimeSync: [32],
  randomBytes: [100_000],
  randomFillSync: [Buffer.alloc(100_000)],
  sign: [null, Buffer.from('x'), privateKey],
  verify: [null, Buffer.from('x'), publicKey, signature],
}

for (const [name, args] of Object.entries(random)) {
  test(`${name} suspends, and refuses what the original refuses`, async () => {
    const fn = (crypto as unknown as Record<string, AnyFunction>)[name] as AnyFunction
    const thread = spawn(() => fn(...args))
    assert.equal(thread.state, 'suspended')
    const result = await thread
    assert.equal(typeof result, typeof original(fn)(...args))
    await fc.assert(
      fc.asyncProperty(fc.array(noFunction, { maxLength: 2 }), async (wrong) => {
        const expected = ofOriginal(fn, crypto, wrong)
        const actual = await ofPatched(fn, crypto, wrong)
        if ('error' in expected) assert.deepEqual(actual, expected)
        else assert('value' in actual)
      }),
      { numRuns: 30, includeErrorInReport: true },
    )
  })
}

test('a few random bytes are there without suspending', () => {
  assert.equal(spawn(() => crypto.randomBytes(16).length).join(), 16)
})

test('the forms with a callback are what they were', async () => {
  const size = await spawn(
    () =>
      new Promise((resolve, reject) =>
        crypto.randomBytes(100_000, (error, data) =>
          error ? reject(error) : resolve(data.length),
        ),
      ),
  )
  assert.equal(size, 100_000)
})

test('every function with two forms is patched', () => {
  const forms = crypto as unknown as Record<string, AnyFunction>
  const missing = Object.keys(crypto).filter((name) => {
    const isSync = name.endsWith('Sync') && typeof forms[name.slice(0, -4)] === 'function'
    return isSync && original(forms[name] as AnyFunction) === forms[name]
  })
  assert.deepEqual(missing, [])
  const inZlib = zlib as unknown as Record<string, AnyFunction>
  assert.deepEqual(
    zlibNames.filter((name) => original(inZlib[name] as AnyFunction) === inZlib[name]),
    zlibNames.filter((name) => leftAlone.includes(name)),
  )
})

test('compressing suspends, and a cancelled thread gets its error at the next call', async () => {
  const log: string[] = []
  const thread = spawn(() => {
    log.push(zlib.gunzipSync(zlib.gzipSync('text')).toString())
  })
  assert.equal(thread.state, 'suspended')
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  assert.deepEqual(log, [])
})
