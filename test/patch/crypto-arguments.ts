import crypto, { type KeyObject } from 'node:crypto'
import fc from 'fast-check'

type AnyFunction = (...args: unknown[]) => unknown

/** Bytes in every form, and what is refused. */
export const bytes: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)) },
  { weight: 3, arbitrary: fc.string({ maxLength: 20 }) },
  {
    weight: 2,
    arbitrary: oneOf(
      undefined,
      null,
      5,
      {},
      new DataView(new ArrayBuffer(4)),
      new ArrayBuffer(3),
      new Uint16Array(3),
    ),
  },
)

const number = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 64 }) },
  { weight: 2, arbitrary: oneOf(0, -1, 1.5, 'x', undefined, Number.NaN, 2 ** 31) },
)
const digest = oneOf('sha1', 'sha256', 'SHA512', 'no-such', undefined, 5)

function oneOf(...values: unknown[]): fc.Arbitrary<unknown> {
  return fc.constantFrom<unknown>(...values)
}

/** Options, each there or not, or none, or what is refused. */
function options(values: Record<string, readonly unknown[]>): fc.Arbitrary<unknown> {
  const record = Object.fromEntries(
    Object.entries(values).map(([name, some]) => [name, fc.constantFrom(...some)]),
  )
  return fc.oneof(
    { weight: 1, arbitrary: oneOf(undefined, null, 5, 'x') },
    { weight: 8, arbitrary: fc.record(record, { requiredKeys: [] }) },
  )
}

const make = crypto.generateKeyPairSync as unknown as (
  type: string,
  options?: object,
) => { publicKey: KeyObject; privateKey: KeyObject }
const ed25519 = make('ed25519')
const rsa = make('rsa', { modulusLength: 1024 })
const ec = make('ec', { namedCurve: 'P-256' })
const x25519 = [make('x25519'), make('x25519')]
const hasEncapsulation = 'encapsulate' in crypto
const kem = hasEncapsulation ? make('ml-kem-512') : undefined
const { encapsulate } = crypto as unknown as {
  encapsulate?: (key: KeyObject) => { ciphertext: Buffer }
}
const sealed = kem === undefined ? undefined : encapsulate?.(kem.publicKey).ciphertext

const key = oneOf(
  ed25519.privateKey,
  ed25519.publicKey,
  rsa.publicKey,
  rsa.privateKey,
  rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  ec.publicKey,
  kem?.privateKey,
  'no key',
  undefined,
  { key: 5 },
  { key: rsa.privateKey, padding: 99 },
)

const text = Buffer.from('text')
const signatures = [
  crypto.sign(null, text, ed25519.privateKey),
  crypto.sign('sha256', text, rsa.privateKey),
  crypto.sign('sha256', text, ec.privateKey),
]

/** Functions whose result follows from the arguments; those of signatures with keys where it does. */
export const determined: Record<string, fc.Arbitrary<unknown>[]> = {
  argon2Sync: [
    oneOf('argon2id', 'argon2d', 'argon2x', 5),
    options({
      message: ['text', text, 5],
      nonce: [Buffer.alloc(16), 'short'],
      parallelism: [1, 1, 2, 0],
      tagLength: [8, 32, 1],
      memory: [8, 16, 3],
      passes: [1, 2, 0],
      secret: ['secret', undefined],
      associatedData: [text, 5],
    }),
  ],
  checkPrimeSync: [
    oneOf(
      7n,
      8n,
      2n ** 61n - 1n,
      Buffer.from([13]),
      new Uint8Array([15]).buffer,
      -3n,
      'x',
      undefined,
    ),
    oneOf(undefined, {}, { checks: 3 }, { checks: -1 }, { checks: 'x' }, null),
  ],
  decapsulate: [key, oneOf(sealed, sealed?.subarray(1), text, 'text', undefined)],
  diffieHellman: [
    fc.oneof(
      fc.record({
        privateKey: oneOf(...x25519.map(({ privateKey }) => privateKey), ec.privateKey, 5),
        publicKey: oneOf(...x25519.map(({ publicKey }) => publicKey), ec.publicKey, undefined),
      }),
      oneOf(undefined, null, {}, 'x'),
    ),
  ],
  hkdfSync: [digest, bytes, bytes, bytes, number],
  pbkdf2Sync: [bytes, bytes, number, number, digest],
  scryptSync: [
    bytes,
    bytes,
    number,
    options({
      N: [16, 16, 32, 15, 2 ** 20],
      cost: [16, 15],
      r: [1, 8, 0],
      p: [1, 2],
      maxmem: [2 ** 20, 2 ** 20, 1],
    }).filter((given) => typeof given === 'object' && given !== null), // the default takes long
  ],
  sign: [
    oneOf(null, undefined, 'sha256', 'sha512', 'no-such', 5),
    bytes,
    oneOf(ed25519.privateKey, rsa.privateKey, ed25519.publicKey, 'no key', undefined, { key: 5 }),
  ],
  verify: [
    oneOf(null, undefined, 'sha256', 'no-such'),
    oneOf('text', text, 'other', 5),
    key,
    oneOf(...signatures, Buffer.from('short'), undefined),
  ],
}

const encoding = oneOf(
  undefined,
  { type: 'spki', format: 'pem' },
  { type: 'pkcs8', format: 'pem' },
  { type: 'pkcs8', format: 'der' },
  { format: 'jwk' },
  { type: 'odd', format: 'pem' },
  { type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'secret' },
  'x',
)

/** Functions whose result is random. Their arguments are made for each call, as they may be written into. */
export const random: Record<string, fc.Arbitrary<() => unknown[]>> = {
  encapsulate: given(
    oneOf(kem?.publicKey, kem?.privateKey, ed25519.publicKey, x25519[0]?.publicKey, 'x'),
  ),
  generateKeyPairSync: given(
    oneOf('ed25519', 'x25519', 'ec', 'rsa', 'rsa-pss', 'no-such', 5),
    options({
      namedCurve: ['P-256', 'secp256k1', 'P-0', 5],
      modulusLength: [512, 512, 768, 'x', -1],
      publicExponent: [3, 65_537, 'x'],
      hashAlgorithm: ['sha256', 'no-such'],
      publicKeyEncoding: [{ type: 'spki', format: 'pem' }, { type: 'spki', format: 'der' }, 5],
      privateKeyEncoding: [{ type: 'pkcs8', format: 'pem' }], // the length of DER differs
    }),
  ),
  'generateKeyPairSync of one kind': given(
    fc.constant('ed25519'),
    fc.record({ publicKeyEncoding: encoding, privateKeyEncoding: encoding }, { requiredKeys: [] }),
  ),
  generateKeySync: given(
    oneOf('hmac', 'aes', 'no-such', undefined),
    options({ length: [8, 64, 128, 256, 7, 1, 'x', 2 ** 31] }),
  ),
  generatePrimeSync: given(
    oneOf(8, 16, 32, 64, 0, -1, 1.5, 'x', undefined),
    options({ bigint: [true, false, 1], safe: [true, false, 'x'] }),
  ),
  // OpenSSL looks for ever for what is not there: these remainders are those of many.
  'generatePrimeSync with a remainder': given(
    oneOf(32, 64),
    options({
      bigint: [true, false],
      add: [12n, Buffer.from([12]), 'x', -1n],
      rem: [5n, Buffer.from([5]), 5],
    }).filter((given) => given === null || typeof given !== 'object' || 'add' in given),
  ),
  randomBytes: given(oneOf(0, 1, 65_535, 65_536, 100_000, -1, 1.5, 2 ** 40, 'x', undefined, 10n)),
  randomFillSync: fc
    .tuple(
      oneOf('Buffer', 'Buffer', 'Float64Array', 'ArrayBuffer', 'array'),
      oneOf(0, 4096, 65_536, 131_072),
      // Whole blocks: a single byte of the next one would be 0 by chance at times.
      oneOf(undefined, 0, 4096, 65_536, -1, 'x', 2 ** 40),
      oneOf(undefined, 0, 4096, 65_536, 131_072, -1, 'x'),
    )
    .map(([kind, size, ...rest]) => () => [filledWithZeros(kind, size as number), ...rest]),
}

function given(...kinds: fc.Arbitrary<unknown>[]): fc.Arbitrary<() => unknown[]> {
  return fc.tuple(...kinds).map((args) => () => args)
}

function filledWithZeros(kind: unknown, size: number): unknown {
  const memory = new ArrayBuffer(size)
  switch (kind) {
    case 'ArrayBuffer':
      return memory
    case 'Float64Array':
      return new Float64Array(memory)
    case 'array':
      return []
    default:
      return Buffer.from(memory)
  }
}

/** The function of a table: what follows its name says which arguments are meant. */
export function functionNamed(name: string): AnyFunction | undefined {
  return (crypto as unknown as Record<string, AnyFunction>)[name.split(' ')[0] as string]
}
