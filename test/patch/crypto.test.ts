import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { after, test } from 'node:test'
import zlib from 'node:zlib'
import { Cancelled, spawn } from 'greenthreads'
import { original, patch, unpatchAll } from 'greenthreads/patch'

type AnyFunction = (...args: unknown[]) => unknown

patch('crypto', 'zlib')
after(() => unpatchAll())

const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519')
const signature = crypto.sign(null, Buffer.from('text'), privateKey)
const zlibNames = Object.keys(zlib).filter((name) => name.endsWith('Sync'))
const leftAlone = ['createZipArchiveSync']

/** A call of each that takes some time. */
const calls: Record<string, unknown[]> = {
  generateKeyPairSync: ['ec', { namedCurve: 'P-256' }],
  generateKeySync: ['hmac', { length: 64 }],
  generatePrimeSync: [32],
  randomBytes: [100_000],
  randomFillSync: [Buffer.alloc(100_000)],
  sign: [null, Buffer.from('x'), privateKey],
  verify: [null, Buffer.from('x'), publicKey, signature],
}

for (const [name, args] of Object.entries(calls)) {
  test(`${name} suspends`, async () => {
    const fn = (crypto as unknown as Record<string, AnyFunction>)[name] as AnyFunction
    const thread = spawn(() => fn(...args))
    assert.equal(thread.state, 'suspended')
    assert.equal(typeof (await thread), typeof original(fn)(...args))
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
