import assert from 'node:assert/strict'
import childProcess from 'node:child_process'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { patch, patchEvents, unpatchAll } from 'greenthreads/patch'
import { callCount } from './call-counts.ts'
import { ofOriginal, ofPatched, type Result } from './comparison.ts'

type AnyFunction = (...args: unknown[]) => unknown

const patched: string[] = []
patchEvents.on('didPatch', ({ name }) => patched.push(name))
patch('child_process')
after(() => unpatchAll())

/** Each takes two processes. */
const A_QUARTER = 0.25

const functions = childProcess as unknown as Record<string, AnyFunction>

async function compare(name: string, args: unknown[]): Promise<void> {
  const fn = functions[name] as AnyFunction
  const expected = tidy(ofOriginal(fn, childProcess, args))
  assert.deepEqual(tidy(await ofPatched(fn, childProcess, args)), expected, JSON.stringify(args))
}

/** Calls that the originals and the patched functions must answer alike. */
const calls: Record<string, unknown[][]> = {
  execSync: [
    ['echo out; echo err >&2', { stdio: 'pipe' }],
    ['exit 5', { stdio: 'pipe' }],
    ['echo wrong >&2; exit 1', { stdio: 'pipe', encoding: 'utf8' }],
    ['cat', { input: 'words', encoding: 'latin1' }],
    ['kill -9 $$', { stdio: 'pipe' }],
    ['echo $0', { shell: '/bin/sh', encoding: 'utf8' }],
    ['true', { shell: '/nowhere/sh' }],
    ['true', { cwd: '/nowhere' }],
    ['pwd', { cwd: '/', encoding: 'hex' }],
    ['echo $NAME', { env: { NAME: 'value' }, encoding: 'utf8' }],
    [5],
    ['nul\0byte'],
    ['true', 'options'],
    ['true', { timeout: -1 }],
    ['true', { killSignal: 'SIGNOTHING' }],
    ['true', { maxBuffer: 'much' }],
    ['echo long output; exec sleep 30', { maxBuffer: 4, stdio: 'pipe' }],
    ['sleep 30', { timeout: 20, stdio: 'pipe' }],
    ['sleep 30', { timeout: 20, killSignal: 'SIGKILL', stdio: 'pipe' }],
    ['echo text', { encoding: 'no-such' }],
    ['echo text', { stdio: 'ignore' }],
    ['cat <&3; echo done', { stdio: ['pipe', 'pipe', 'pipe', 'ignore'], encoding: 'utf8' }],
    ['echo three >&3', { stdio: ['pipe', 'pipe', 'pipe', 'pipe'], encoding: 'utf8' }],
  ],
  execFileSync: [
    ['echo', ['one', 'two'], { encoding: 'utf8' }],
    ['echo'],
    ['echo', undefined, { encoding: 'utf8' }],
    ['echo', { encoding: 'utf8' }],
    ['missing-program', ['x']],
    ['/etc/hostname'],
    ['false', [], { stdio: 'pipe' }],
    ['cat', [], { input: Buffer.from('bytes') }],
    ['cat', [], { input: new Uint16Array([0x4141, 0x4242]) }],
    ['cat', [], { input: 5 }],
    ['sh', ['-c', 'echo $0'], { argv0: 'other', encoding: 'utf8' }],
    ['sh', ['-c', 'exit 7'], { argv0: 'other', stdio: 'pipe' }],
    ['echo', 'text'],
    ['echo', ['a'], 'text'],
    ['', []],
    ['echo', ['nul\0']],
    ['echo', ['a'], { uid: 'root' }],
    ['echo', ['a b'], { shell: true, encoding: 'utf8' }],
  ],
  spawnSync: [
    ['sh', ['-c', 'echo out; echo err >&2; exit 2']],
    ['sh', ['-c', 'kill -TERM $$']],
    ['cat', ['-'], { input: 'téxt', encoding: 'utf8' }],
    ['cat', [], { input: 'text', encoding: 'buffer' }],
    ['cat', { input: '' }],
    ['missing-program'],
    ['sleep', ['30'], { timeout: 20 }],
    ['sh', ['-c', 'echo long output; exec sleep 30'], { maxBuffer: 4, timeout: 20_000 }],
    ['true', [], { input: Buffer.alloc(1 << 20) }],
    ['sh', ['-c', 'head -c 300000 /dev/zero'], { maxBuffer: null }],
    ['sh', ['-c', 'head -c 300000 /dev/zero'], { maxBuffer: Number.POSITIVE_INFINITY }],
    ['true', null, null],
    ['true', [], { stdio: 'ipc' }],
    ['true', [], { stdio: [0, 'ignore', 2] }],
    ['true', [], { stdio: ['odd'] }],
    ['true', [], { signal: 'odd' }],
    ['true', [], { detached: true }],
    ['true', [], { detached: 'yes' }],
    [null],
  ],
}

for (const [name, samples] of Object.entries(calls)) {
  test(`child_process.${name} does in a green thread what it does elsewhere`, async () => {
    for (const args of samples) await compare(name, args)
  })
}

const word = fc.constantFrom(
  'echo a;',
  'echo b >&2;',
  'cat;',
  'exit 3;',
  'kill -9 $$;',
  'kill $$;',
  'nonsense;',
  'echo $0 $NAME;',
  'pwd;',
)

/** It reads first: a child that ends before its input is written is an error by chance. */
const script = fc.array(word, { maxLength: 4 }).map((words) => `cat; ${words.join(' ')}`)

const values: Record<string, fc.Arbitrary<unknown>> = {
  input: fc.constantFrom<unknown>('in', Buffer.from('bytes'), new Uint16Array(2), '', null, 7, {}),
  encoding: fc.constantFrom('utf8', 'hex', 'latin1', 'buffer', 'odd', undefined),
  maxBuffer: fc.constantFrom<unknown>(1000, 0, -1, undefined, null, 'x'),
  stdio: fc.constantFrom<unknown>(
    'pipe',
    'ignore',
    ['pipe', 'pipe', 'ignore'],
    ['pipe', 'ignore', 'pipe', 'ignore'],
    'odd',
    5,
  ),
  cwd: fc.constantFrom<unknown>('/', new URL('file:///'), '/nowhere', '', 5, undefined),
  shell: fc.constantFrom<unknown>(true, false, '/bin/sh', 5, '', undefined),
  env: fc.constantFrom<unknown>({}, { PATH: process.env.PATH, NAME: 'x' }, 5, undefined),
  argv0: fc.constantFrom<unknown>('other', '', 5, undefined),
  timeout: fc.constantFrom<unknown>(20_000, 0, -1, 1.5, 'x', null, undefined),
  killSignal: fc.constantFrom<unknown>('SIGKILL', 9, 'SIGNOTHING', 99, undefined),
  uid: fc.constantFrom<unknown>(undefined, 'x', 1.5),
  detached: fc.constantFrom<unknown>(undefined, true, 'x'),
  windowsHide: fc.constantFrom<unknown>(undefined, true, 'x'),
  windowsVerbatimArguments: fc.constantFrom<unknown>(undefined, true, 'x'),
}

/** A few of them: with many there would always be one that is refused. */
const options = fc
  .tuple(fc.subarray(Object.keys(values), { maxLength: 3 }), fc.record(values))
  .map(([names, all]) => Object.fromEntries(names.map((name) => [name, all[name]])))

const noOptions = fc.constantFrom<unknown>(undefined, null, 5, 'x', [])
const quiet = options.map((given) => ({ stdio: 'pipe', ...given }))
/** With a shell these read first, too. */
const odd = fc.constantFrom<unknown>('cat; missing', 'cat; /etc', 5, 'nul\0', undefined)
const file = fc.oneof(
  { weight: 6, arbitrary: fc.constant<unknown>('sh') },
  { weight: 1, arbitrary: odd },
)
const list = fc.oneof(
  { weight: 8, arbitrary: script.map((text): unknown => ['-c', text]) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>([], 'text', ['-c', 'true\0'], 5) },
)
/** One in ten of them wrong as a whole. */
const given = fc.oneof(
  { weight: 9, arbitrary: quiet as fc.Arbitrary<unknown> },
  { weight: 1, arbitrary: noOptions },
)
const quietly = quiet as fc.Arbitrary<unknown>

const random: Record<string, fc.Arbitrary<unknown[]>> = {
  execFileSync: fc.tuple(file, list, quietly),
  execSync: fc.tuple(
    fc.oneof(
      { weight: 9, arbitrary: script as fc.Arbitrary<unknown> },
      { weight: 1, arbitrary: odd },
    ),
    quietly,
  ),
  spawnSync: fc.tuple(file, list, given),
}

for (const [name, args] of Object.entries(random)) {
  test(`child_process.${name}: random scripts with random options give the same results`, async () => {
    await fc.assert(
      fc.asyncProperty(args, (call) => compare(name, call)),
      { numRuns: callCount(A_QUARTER), includeErrorInReport: true },
    )
  })
}

test('every function that is patched is compared', () => {
  assert.deepEqual(patched.sort(), Object.keys(random).sort())
})

/** Process ids differ. */
function tidy(result: Result): Result {
  return JSON.parse(
    JSON.stringify(result, (key, value) => (key === 'pid' && value > 0 ? 'a process' : value)),
  ) as Result
}
