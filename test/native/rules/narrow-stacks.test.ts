import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, pbkdf2Sync, scryptSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { inspect } from 'node:util'
import { deserialize, getHeapStatistics, serialize } from 'node:v8'
import { runInNewContext, Script } from 'node:vm'
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { collectFull, collectMinor } from '../../support/garbage.ts'
import { Coroutine } from '../../support/raw-coroutine.ts'
import { finish, withoutLeaks } from '../../support/suspended.ts'
import { instantiate, twice } from '../../support/webassembly.ts'

const temporary = mkdtempSync(join(tmpdir(), 'greenthreads-narrow-'))
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))

const load = createRequire(import.meta.url)
const unloaded = [
  'dgram',
  'http2',
  'readline',
  'repl',
  'cluster',
  'wasi',
  'trace_events',
  'punycode',
]

const statements = (count: number): string => 'a = (a * 31 + 7) % 1009; '.repeat(count)

/** Native code that uses stack of its own without asking V8 how much is left. */
const operations: Record<string, () => unknown> = {
  'a full collection': collectFull,
  'a minor collection': collectMinor,
  'large arrays': () => Array.from({ length: 20 }, () => new Array(10_000).fill({})),
  'formatting dates': () =>
    new Intl.DateTimeFormat('ar-EG', {
      dateStyle: 'full',
      timeStyle: 'full',
      timeZone: 'Asia/Tokyo',
      calendar: 'islamic-umalqura',
    }).format(),
  'formatting money': () =>
    new Intl.NumberFormat('de', { style: 'currency', currency: 'EUR', notation: 'compact' }).format(
      12_345_678,
    ),
  collation: () => ['b', 'ä', 'a'].sort(new Intl.Collator('de').compare),
  segmentation: () => [...new Intl.Segmenter('th', { granularity: 'word' }).segment('สวัสดีชาวโลก')],
  normalization: () => 'ﬁ'.repeat(1000).normalize('NFKD').toLocaleUpperCase('tr'),
  'Unicode patterns': () => /(?:\p{Script=Han}|\p{Emoji}){3}(?<=x)(?!y)/u.exec('x'.repeat(1000)),
  'patterns with many groups': () =>
    new RegExp('('.repeat(150) + ')'.repeat(150) + Array(500).fill('a').join('|')).test('b'),
  'backtracking patterns': () => /^(\w+\s?)*$/.test('aaa aaa aaa aaa!'),
  JSON: () => JSON.parse(JSON.stringify(Array.from({ length: 500 }, (_, i) => ({ i, s: `${i}` })))),
  'generating RSA keys': () => generateKeyPairSync('rsa', { modulusLength: 512 }),
  'generating Ed25519 keys': () => generateKeyPairSync('ed25519'),
  scrypt: () => scryptSync('a', 'b', 32, { N: 1024 }),
  pbkdf2: () => pbkdf2Sync('a', 'b', 100, 32, 'sha512'),
  hashes: () => createHash('sha3-256').update('x').digest(),
  zlib: () => gunzipSync(gzipSync(Buffer.alloc(100_000, 'ab'))),
  brotli: () => brotliCompressSync(Buffer.alloc(20_000, 'ab')),
  files: () => {
    const folder = join(temporary, 'a', 'b', 'c')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'file'), 'text')
    return readdirSync(temporary, { recursive: true })
  },
  URLs: () => new URL('http://müller.example/äöü?x=ü').href,
  'a new vm context': () => runInNewContext('1 + 1'),
  'compiling a long script': () => new Script(`function f(a) { ${statements(3000)} }`),
  'compiling lazily and optimising': () => {
    const made = new Function('a', `${statements(400)} return a`)
    for (let round = 0; round < 2000; round++) made(round)
    return made
  },
  WebAssembly: () => instantiate(twice, () => 1).run(),
  inspection: () => inspect(process.versions, { depth: 4 }),
  'stack traces': () => new Error('trace').stack,
  serialization: () => deserialize(serialize(structuredClone({ a: new Map([[1, new Set([2])]]) }))),
  'heap statistics': () => getHeapStatistics(),
  'a diagnostic report': () => process.report?.getReport(),
  'an inspector session': () => {
    const session = new Session()
    session.connect()
    session.post('Runtime.evaluate', {
      expression: '({ a: [1, { b: 2 }] })',
      generatePreview: true,
    })
    session.disconnect()
  },
  'a TLS context': () => createSecureContext({ ciphers: 'DEFAULT' }),
  'modules of Node that were not loaded yet': () => {
    const name = unloaded.pop()
    return name === undefined ? undefined : load(name)
  },
  'code that is compiled when it is first called': () => {
    const nested = Array.from(
      { length: 12 },
      (_, depth) => `const f${depth} = (a) => { ${statements(60)} return a }`,
    )
    return new Function('a', `${nested.join(';')}; return f3(a) + f7(a) + f11(a)`)(5)
  },
  'large integers': () => (2n ** 5000n * 3n ** 3000n).toString().length,
  'sorting many numbers': () => new Float64Array(20_000).map((_, i) => (i * 7919) % 20_011).sort(),
  'flattening strings': () => {
    let text = ''
    for (let index = 0; index < 20_000; index++) text += `x${index}`
    return text.charCodeAt(5) + (/y/.test(text) ? 1 : 0)
  },
}

/** Frames from the end of the stack at which an operation is tried: some bytes to some tens of kilobytes. */
const distances = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233]

/** Goes as deep as the stack allows and runs `operation` in some of the last frames. */
function atTheEndOfTheStack(operation: () => unknown): number {
  let distance = 0
  let runs = 0
  const descend = (): void => {
    try {
      descend()
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      distance++
      if (distances.includes(distance)) {
        runs++
        try {
          operation()
        } catch (inner) {
          // There may be too little stack left, which Node reports as an error of its own at times.
          assert.ok(inner instanceof Error, `not an error: ${inner}`)
        }
      }
      throw error
    }
  }
  assert.throws(descend, RangeError)
  return runs
}

describe('native code at the very end of a coroutine’s stack succeeds or throws', () => {
  for (const [name, operation] of Object.entries(operations)) {
    test(name, () => {
      withoutLeaks(() => {
        const coroutine = new Coroutine(() => atTheEndOfTheStack(operation))
        assert.equal(finish(coroutine), distances.length)
        // The same in the smallest stack, from its beginning: no RangeError there.
        const small = new Coroutine(() => {
          operation()
          return 'done'
        }, 256 * 1024)
        assert.equal(finish(small), 'done')
      })
    })
  }
})
