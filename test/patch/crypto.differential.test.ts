import assert from 'node:assert/strict'
import crypto, { KeyObject } from 'node:crypto'
import { after, test } from 'node:test'
import { types } from 'node:util'
import fc from 'fast-check'
import { backend } from 'greenthreads'
import { patch, patchEvents, unpatchAll } from 'greenthreads/patch'
import { callCount } from './call-counts.ts'
import { ofOriginal, ofPatched, type Result } from './comparison.ts'
import { determined, functionNamed, random } from './crypto-arguments.ts'

const patched: string[] = []
patchEvents.on('didPatch', ({ name }) => patched.push(name))
patch('crypto')
after(() => unpatchAll())

for (const [name, kinds] of Object.entries(determined)) {
  const fn = functionNamed(name)
  if (fn === undefined) continue
  test(`${name} does in a green thread what it does elsewhere`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(...kinds), async (args) => {
        ofOriginal(fn, crypto, args) // takes what an earlier error has left in OpenSSL's queue
        const expected = withoutDetails(ofOriginal(fn, crypto, args))
        assert.deepEqual(withoutDetails(await ofPatched(fn, crypto, args)), expected)
      }),
      { numRuns: callCount(), includeErrorInReport: true },
    )
  })
}

for (const [name, argumentsOf] of Object.entries(random)) {
  const fn = functionNamed(name)
  if (fn === undefined) continue
  test(`${name} makes in a green thread what it makes elsewhere`, async () => {
    await fc.assert(
      fc.asyncProperty(argumentsOf, async (make) => {
        const [ours, theirs] = [make(), make()]
        const expected = shapeOfResult(ofOriginal(fn, crypto, theirs), theirs)
        assert.deepEqual(shapeOfResult(await ofPatched(fn, crypto, ours), ours), expected)
      }),
      { numRuns: callCount(), includeErrorInReport: true },
    )
  })
}

test('every function that is patched is compared', () => {
  const compared = [...Object.keys(determined), ...Object.keys(random)]
  assert.deepEqual(
    patched.filter((name) => !compared.includes(name)),
    [],
  )
})

/** OpenSSL keeps the last error for each thread of the system; Node.js adds what it finds there. */
function withoutDetails(result: Result): Result {
  if ('value' in result) return { value: shapeless(result.value) }
  const { message, heading, ...others } = result.error
  // With the thread backend a green thread is another thread of the system.
  if (backend === 'thread' && String(others.code).startsWith('ERR_OSSL')) {
    return { error: { class: others.class } }
  }
  const plain = [message, heading].map((text) => String(text).replace(/: error:.*$/s, ''))
  return { error: { ...others, plain } }
}

function shapeless(value: unknown): unknown {
  return types.isAnyArrayBuffer(value) ? Buffer.from(value).toString('latin1') : value
}

/** What two random results, and what was written into, have in common. */
function shapeOfResult(result: Result, [target]: unknown[]): unknown {
  const blocks = types.isArrayBufferView(target) ? blocksOf(target) : []
  const outcome = 'value' in result ? shapeOf(result.value) : withoutDetails(result)
  return { outcome, blocks }
}

/** Which parts of it are not zeros any more. */
function blocksOf({ buffer, byteLength }: NodeJS.ArrayBufferView): boolean[] {
  const count = Math.floor(byteLength / 4096)
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(buffer as ArrayBuffer, i * 4096, 4096).some((byte) => byte !== 0),
  )
}

function shapeOf(value: unknown): unknown {
  if (value instanceof KeyObject) return shapeOfKey(value)
  if (typeof value === 'bigint') return `${value.toString(2).length} bits`
  if (typeof value === 'string') return shapeOfText(value)
  if (types.isArrayBufferView(value) || types.isAnyArrayBuffer(value)) {
    return `${value.constructor.name} ${value.byteLength}`
  }
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shapeOf(part)]))
}

function shapeOfKey(key: KeyObject): unknown {
  const { type, asymmetricKeyType, asymmetricKeyDetails, symmetricKeySize } = key
  return { type, asymmetricKeyType, asymmetricKeyDetails, symmetricKeySize }
}

/** Of a key in PEM its kind. */
function shapeOfText(text: string): string {
  const [first = ''] = text.split('\n')
  return first.startsWith('-----') ? first : `${text.length} characters`
}
