import crypto from 'node:crypto'
import { types } from 'node:util'
import { carryOut, type Done } from './operation.ts'
import { type AnyFunction, type Call, callOriginal, type Patch } from './registry.ts'

const forms = crypto as unknown as Record<string, AnyFunction | undefined>

/** How many arguments each function takes before the callback of its other form. */
const argumentCounts: Readonly<Record<string, number>> = {
  argon2Sync: 2,
  checkPrimeSync: 2,
  generateKeySync: 2,
  generatePrimeSync: 2,
  hkdfSync: 5,
  pbkdf2Sync: 5,
  scryptSync: 4,
}

/** Functions that are both forms in one: a callback makes the difference. */
const doubleCounts: Readonly<Record<string, number>> = {
  decapsulate: 2,
  diffieHellman: 1,
  encapsulate: 1,
  sign: 3,
  verify: 4,
}

/** Less than this many random bytes are there sooner than the pool of threads could answer. */
const MANY_BYTES = 64 * 1024

/** What computes for long in one call, as far as this version of Node.js has both forms. */
export function cryptoPatches(): Patch[] {
  return [
    ...Object.entries(argumentCounts)
      .filter(([key]) => key in forms)
      .map(([key, count]) => computation(key, formOf(key.slice(0, -'Sync'.length)), count)),
    ...Object.entries(doubleCounts)
      .filter(([key, count]) => formOf(key)?.length === count + 1)
      .map(([key, count]) => computation(key, formOf(key), count)),
    patch('generateKeyPairSync', generateKeyPair),
    patch('randomBytes', randomBytes),
    patch('randomFillSync', randomFill),
  ]
}

function formOf(key: string): AnyFunction | undefined {
  return forms[key]
}

/** With a function among its arguments a call is of the other form, or wrong. */
function patch(key: string, green: (call: Call) => unknown): Patch {
  return {
    target: () => crypto,
    key,
    green: (call) => (call.args.some(isFunction) ? callOriginal(call) : green(call)),
  }
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function computation(key: string, form: AnyFunction | undefined, count: number): Patch {
  return patch(key, (call) => {
    const args = Array.from({ length: count }, (_, i) => call.args[i])
    return computed(call, (done) => form?.(...args, done))
  })
}

/** What went wrong goes wrong again: the original says it in its own words. */
function computed(call: Call, start: (done: Done<unknown>) => void): unknown {
  const outcome = carryOut(start)
  return outcome.kind === 'done' ? outcome.value : callOriginal(call)
}

function generateKeyPair(call: Call): unknown {
  const form: AnyFunction = crypto.generateKeyPair
  const [type, options] = call.args
  return computed(call, (done) =>
    form(type, options, (error: unknown, publicKey: unknown, privateKey: unknown) =>
      done(error, { publicKey, privateKey }),
    ),
  )
}

function randomBytes(call: Call): unknown {
  const [size] = call.args as [number]
  if (!(size >= MANY_BYTES)) return callOriginal(call)
  return computed(call, (done) => crypto.randomBytes(size, done))
}

function randomFill(call: Call): unknown {
  const [buffer] = call.args
  const isLarge = types.isArrayBufferView(buffer) || types.isAnyArrayBuffer(buffer)
  if (!isLarge || buffer.byteLength < MANY_BYTES) return callOriginal(call)
  const form: AnyFunction = crypto.randomFill
  return computed(call, (done) => form(...call.args, done))
}
