import assert from 'node:assert/strict'
import childProcess, { type ChildProcess, type SpawnSyncReturns } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { after, test } from 'node:test'
import { Cancelled, spawn, withTimeout } from 'greenthreads'
import { original, patch, unpatchAll } from 'greenthreads/patch'
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

const endless = 'process.stdout.write("started"); setInterval(() => {}, 1000)'
const waits: Record<string, () => unknown> = {
  spawnSync: () => childProcess.spawnSync(execPath, ['-e', endless]),
  execFileSync: () => childProcess.execFileSync(execPath, ['-e', endless]),
  execSync: () => childProcess.execSync(`exec '${execPath}' -e '${endless}'`),
}

for (const [name, run] of Object.entries(waits)) {
  test(`a cancelled thread kills the child of ${name} and waits for its end`, async () => {
    let hasReturned = false
    const thread = spawn(() => {
      run()
      hasReturned = true
    })
    const child = await childOf(process.pid)
    thread.cancel()
    await assert.rejects(async () => await thread, Cancelled)
    assert.equal(hasReturned, false)
    assert.throws(() => process.kill(child, 0), { code: 'ESRCH' })
  })
}

test('a deadline kills the child', async () => {
  const children: ChildProcess[] = []
  const note = (message: unknown): void => {
    children.push((message as { process: ChildProcess }).process)
  }
  subscribe('child_process', note)
  const thread = spawn(() => withTimeout(50, () => waits.execFileSync?.()))
  await assert.rejects(async () => await thread, { code: 'ERR_GT_TIMED_OUT' })
  unsubscribe('child_process', note)
  assert.deepEqual(
    children.map(({ signalCode }) => signalCode),
    ['SIGTERM'],
  )
  assert.throws(() => process.kill(children[0]?.pid ?? 0, 0), { code: 'ESRCH' })
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

test('outside of green threads the originals run', () => {
  assert.equal(execFileSync('echo', ['here'], { encoding: 'utf8' }), 'here\n')
  assert.equal(original(childProcess.spawnSync), spawnSync)
})

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
