import assert from 'node:assert/strict'
import childProcess, { type SpawnSyncReturns } from 'node:child_process'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { Cancelled, spawn, withTimeout } from 'greenthreads'
import { original, patch, unpatchAll } from 'greenthreads/patch'
import { ofOriginal, ofPatched, type Result } from './comparison.ts'
import { turn } from './turn.ts'

type AnyFunction = (...args: unknown[]) => unknown

const { execFileSync, spawnSync } = childProcess
const { execPath } = process
patch('child_process')
after(() => unpatchAll())

test('a thread is suspended while its child runs, and others go on', async () => {
  const threads = ['execSync', 'execFileSync', 'spawnSync'].map((name) =>
    spawn(() => (childProcess as unknown as Record<string, AnyFunction>)[name]?.('true')),
  )
  assert.deepEqual(
    threads.map(({ state }) => state),
    ['suspended', 'suspended', 'suspended'],
  )
  await Promise.all(threads)
})

test('functions imported by name before the patch suspend after the next import of the module', async () => {
  const { execFileSync: byName } = await import('node:child_process')
  const thread = spawn(() => byName('echo', ['words'], { encoding: 'utf8' }))
  assert.equal(thread.state, 'suspended')
  assert.equal(await thread, 'words\n')
})

test('a cancelled thread kills its child and waits for its end', async () => {
  const started = 'process.stdout.write("started"); setInterval(() => {}, 1000)'
  let pid = 0
  const thread = spawn(() => {
    pid = childProcess.spawnSync(execPath, ['-e', started]).pid
  })
  const child = await childOf(process.pid)
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  assert.equal(pid, 0)
  assert.throws(() => process.kill(child, 0), { code: 'ESRCH' })
})

test('a deadline kills the child', async () => {
  const thread = spawn(() => withTimeout(50, () => childProcess.execFileSync('sleep', ['600'])))
  await assert.rejects(async () => await thread, { code: 'ERR_GT_TIMED_OUT' })
  await turn()
})

test('the stack of an error begins at the caller', async () => {
  function build(): unknown {
    return childProcess.execSync('exit 3')
  }
  const error = (await spawn(() => {
    try {
      return build()
    } catch (caught) {
      return caught
    }
  })) as Error & SpawnSyncReturns<Buffer>
  assert.equal(error.status, 3)
  assert.match(String(error.stack), /^Error: Command failed: exit 3\n {4}at build/)
})

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
    const fn = (childProcess as unknown as Record<string, AnyFunction>)[name] as AnyFunction
    for (const args of samples) {
      const expected = tidy(ofOriginal(fn, childProcess, args))
      assert.deepEqual(
        tidy(await ofPatched(fn, childProcess, args)),
        expected,
        JSON.stringify(args),
      )
    }
  })
}

test('random scripts with random options give the same results', async () => {
  const word = fc.constantFrom(
    'echo a;',
    'echo b >&2;',
    'cat;',
    'exit 3;',
    'kill -9 $$;',
    'nonsense;',
  )
  const options = fc.record(
    {
      input: fc.constantFrom<unknown>('in', Buffer.from('bytes'), '', null, 7, {}),
      encoding: fc.constantFrom('utf8', 'hex', 'buffer', 'odd', undefined),
      maxBuffer: fc.constantFrom(1000, 0, -1, undefined, 'x'),
      stdio: fc.constantFrom<unknown>(
        'pipe',
        'ignore',
        ['pipe', 'pipe', 'ignore'],
        'odd',
        undefined,
      ),
      cwd: fc.constantFrom<unknown>('/', '/nowhere', 5, undefined),
      shell: fc.constantFrom<unknown>(true, false, '/bin/sh', 5),
      env: fc.constantFrom<unknown>({}, { PATH: process.env.PATH }, undefined),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 4 }), options, async (words, given) => {
      // It reads first: a child that ends before its input is written is an error by chance.
      const args = ['sh', ['-c', `cat; ${words.join(' ')}`], given]
      const fn = childProcess.spawnSync as unknown as AnyFunction
      const expected = tidy(ofOriginal(fn, childProcess, args))
      assert.deepEqual(tidy(await ofPatched(fn, childProcess, args)), expected)
    }),
    { numRuns: 100, includeErrorInReport: true },
  )
})

test('outside of green threads the originals run', () => {
  assert.equal(execFileSync('echo', ['here'], { encoding: 'utf8' }), 'here\n')
  assert.equal(original(childProcess.spawnSync), spawnSync)
})

/** Process ids differ. */
function tidy(result: Result): Result {
  return JSON.parse(
    JSON.stringify(result, (key, value) => (key === 'pid' && value > 0 ? 'a process' : value)),
  ) as Result
}

async function childOf(parent: number): Promise<number> {
  for (;;) {
    const { stdout } = original(childProcess.spawnSync)('pgrep', [
      '-P',
      String(parent),
      '-f',
      'started',
    ])
    const child = Number(stdout.toString().trim().split('\n')[0])
    if (child > 0) return child
    await turn()
  }
}
