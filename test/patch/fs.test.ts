import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import fs, { readFileSync as readByName } from 'node:fs'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import vm from 'node:vm'
import { Cancelled, spawn, TimedOut, wait, withTimeout } from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { original, patchAll, unpatchAll } from 'greenthreads/patch'
import { never } from '../core/deferred.ts'
import { read } from '../support/repository.ts'
import { Sandbox } from './sandbox.ts'
import { turn } from './turn.ts'

type AnyFunction = (...args: unknown[]) => unknown

const functions = fs as unknown as Record<string, AnyFunction>
const sandbox = new Sandbox()
const at = (name: string): string => join(sandbox.root, name)
patchAll()
beforeEach(() => sandbox.reset())
after(() => {
  unpatchAll()
  sandbox.remove()
})

/** A call of each function that has something to wait for. */
const calls: Record<string, () => unknown[]> = {
  accessSync: () => [at('file')],
  appendFileSync: () => [at('file'), 'more'],
  chmodSync: () => [at('file'), 0o600],
  chownSync: () => [at('file'), 0, 0],
  closeSync: () => [sandbox.descriptors[0]],
  copyFileSync: () => [at('file'), at('copy')],
  cpSync: () => [at('full'), at('copy'), { recursive: true }],
  existsSync: () => [at('file')],
  fchmodSync: () => [sandbox.descriptors[0], 0o600],
  fchownSync: () => [sandbox.descriptors[0], 0, 0],
  fdatasyncSync: () => [sandbox.descriptors[0]],
  fstatSync: () => [sandbox.descriptors[0]],
  fsyncSync: () => [sandbox.descriptors[0]],
  ftruncateSync: () => [sandbox.descriptors[0], 3],
  futimesSync: () => [sandbox.descriptors[0], 1, 2],
  globSync: () => ['**/*', { cwd: sandbox.root }],
  lchownSync: () => [at('link'), 0, 0],
  linkSync: () => [at('file'), at('another')],
  lstatSync: () => [at('link')],
  lutimesSync: () => [at('link'), 1, 2],
  mkdirSync: () => [at('a/b'), { recursive: true }],
  mkdtempSync: () => [at('temporary-')],
  openSync: () => [at('file')],
  opendirSync: () => [at('full')],
  readFileSync: () => [at('file'), 'utf8'],
  readSync: () => [sandbox.descriptors[0], Buffer.alloc(6)],
  readdirSync: () => [sandbox.root, { recursive: true }],
  readlinkSync: () => [at('link')],
  readvSync: () => [sandbox.descriptors[0], [Buffer.alloc(6)]],
  realpathSync: () => [at('link')],
  renameSync: () => [at('file'), at('elsewhere')],
  rmSync: () => [at('full'), { recursive: true }],
  rmdirSync: () => [at('hollow')],
  statSync: () => [at('file')],
  statfsSync: () => [at('file')],
  symlinkSync: () => [at('file'), at('another')],
  truncateSync: () => [at('file'), 3],
  unlinkSync: () => [at('file')],
  utimesSync: () => [at('file'), 1, 2],
  writeFileSync: () => [at('file'), 'text'],
  writeSync: () => [sandbox.descriptors[0], 'text'],
  writevSync: () => [sandbox.descriptors[0], [Buffer.from('text')]],
}

const there = Object.keys(fs).filter((name) => name.endsWith('Sync') && functions[name])

for (const [name, argumentsOf] of Object.entries(calls)) {
  if (!there.includes(name)) continue
  test(`fs.${name} suspends the thread and has done its work when it goes on`, async () => {
    const thread = spawn(() => (functions[name] as AnyFunction)(...argumentsOf()))
    assert.equal(thread.state, 'suspended')
    await thread
    const files = sandbox.snapshot()
    sandbox.reset()
    original(functions[name] as AnyFunction)(...argumentsOf())
    assert.deepEqual(files.map(nameless), sandbox.snapshot().map(nameless))
  })
}

/** Temporary names differ. */
function nameless(line: string): string {
  return line.replace(/temporary-\w+/, 'temporary')
}

test('every synchronous function is patched, or docs/patching.md says why not', () => {
  const documented = read('docs/patching.md')
  const leftAlone = there.filter(
    (name) => original(functions[name] as AnyFunction) === functions[name],
  )
  assert.deepEqual(
    leftAlone.filter((name) => !documented.includes(`\`fs.${name}\``)),
    [],
  )
  const untested = there.filter((name) => !(name in calls) && !leftAlone.includes(name))
  assert.deepEqual(
    untested.filter((name) => name !== 'mkdtempDisposableSync'),
    [],
  )
})

test('a function imported by name before the patch suspends as well', async () => {
  const thread = spawn(() => readByName(at('file'), 'utf8'))
  assert.equal(thread.state, 'suspended')
  assert.equal(await thread, 'twenty bytes of text')
})

test('outside of green threads a call is that of the original', () => {
  assert.equal(fs.readFileSync(at('file'), 'utf8'), 'twenty bytes of text')
  assert.throws(() => fs.readFileSync(at('missing')), { code: 'ENOENT' })
})

test('readSync refuses its arguments in the order in which the original does', async () => {
  const read = functions.readSync as AnyFunction
  const refused = spawn(() => read(sandbox.descriptors[0], Buffer.alloc(4), '5', 10n, 0))
  await assert.rejects(async () => await refused, { code: 'ERR_INVALID_ARG_TYPE' })
  const offset = spawn(() => read(sandbox.descriptors[0], Buffer.alloc(4), { offset: 2n }))
  await assert.rejects(async () => await offset, TypeError)
})

test('realpathSync.native suspends', async () => {
  const thread = spawn(() => fs.realpathSync.native(at('link')))
  assert.equal(thread.state, 'suspended')
  assert.equal(await thread, at('file'))
})

test('an open directory is read and closed', async () => {
  const thread = spawn(() => {
    const directory = fs.opendirSync(at('full'))
    const names: string[] = []
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      names.push(entry.name)
    }
    directory.closeSync()
    assert.throws(() => directory.readSync(), { code: 'ERR_DIR_CLOSED' })
    return names.sort()
  })
  assert.deepEqual(await thread, ['flat', 'inner'])
})

test('a directory that removes itself suspends while it does', async (context) => {
  if (!('mkdtempDisposableSync' in fs)) return context.skip('not in this version of Node.js')
  const make = functions.mkdtempDisposableSync as (prefix: string) => {
    path: string
    remove(): void
  }
  const { path, remove } = make(at('own-'))
  remove()
  assert.equal(fs.existsSync(path), false)
  const made = await spawn(() => make(at('own-')))
  fs.writeFileSync(join(made.path, 'inside'), '')
  const thread = spawn(() => made.remove())
  assert.equal(thread.state, 'suspended')
  await thread
  assert.equal(fs.existsSync(made.path), false)
})

test('the stack of an error begins at the caller', async () => {
  function loadSettings(): unknown {
    return fs.statSync(at('missing'))
  }
  const error = await spawn(() => {
    try {
      return loadSettings()
    } catch (caught) {
      return caught
    }
  })
  assert(error instanceof Error)
  assert.match(
    error.stack ?? '',
    /^Error: ENOENT: no such file or directory, stat '.*'\n {4}at loadSettings/,
  )
})

test('a cancelled thread throws before the next call begins', async () => {
  const thread = spawn(() => {
    try {
      wait(never)
    } finally {
      fs.writeFileSync(at('late'), '')
    }
  })
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  assert.equal(fs.existsSync(at('late')), false)
})

test('what is opened while its thread is cancelled is closed by the finally block', async () => {
  let descriptor = -1
  const thread = spawn(() => {
    descriptor = fs.openSync(at('file'), 'r')
    try {
      fs.readFileSync(at('full/flat'))
    } finally {
      fs.closeSync(descriptor)
      fs.unlinkSync(at('file'))
      fs.rmSync(at('full'), { recursive: true })
    }
  })
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  assert.throws(() => fs.fstatSync(descriptor), { code: 'EBADF' })
  assert.equal(fs.existsSync(at('file')), false)
  assert.equal(fs.existsSync(at('full')), false)
})

test('a file that is read when its thread is cancelled does not stay open', async () => {
  const before = openFiles()
  const threads = Array.from({ length: 20 }, () => spawn(() => fs.readFileSync(at('file'))))
  for (const thread of threads) thread.cancel()
  await Promise.allSettled(threads)
  // They are closed in the background, by the threads of libuv; one that stays open lets this run out of time.
  while (openFiles() > before) await idle()
})

test('a file that is written when its thread is cancelled is closed when the thread goes on', async () => {
  const before = openFiles()
  const thread = spawn(() => fs.writeFileSync(at('file'), Buffer.alloc(1 << 20)))
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  assert.equal(openFiles(), before)
})

test('a deadline that has passed is thrown by the next call', async () => {
  const thread = spawn(() =>
    withTimeout(0, () => {
      for (;;) fs.readFileSync(at('file'))
    }),
  )
  await assert.rejects(async () => await thread, TimedOut)
})

test('where a thread can not be suspended the original is called', async () => {
  Object.assign(globalThis, { readHere: () => fs.readFileSync(at('file'), 'utf8') })
  const script = new vm.Script('readHere()')
  const thread = spawn(() => script.runInThisContext({ timeout: 60_000 }) as string)
  assert.equal(thread.state, 'finished')
  assert.equal(await thread, 'twenty bytes of text')
})

test('the async context is that of the caller, before and after', async () => {
  const storage = new AsyncLocalStorage<string>()
  const seen = await storage.run('request', () =>
    spawn(() => {
      fs.readFileSync(at('file'))
      return storage.getStore()
    }),
  )
  assert.equal(seen, 'request')
})

test('a hundred threads read at once', async () => {
  const threads = Array.from({ length: 100 }, () =>
    spawn(() => fs.readFileSync(at('file'), 'utf8')),
  )
  assert.equal(suspendedThreads().length, 100)
  assert.deepEqual(new Set(await Promise.all(threads)), new Set(['twenty bytes of text']))
})

test('a filter of cpSync may wait', async () => {
  const thread = spawn(() =>
    fs.cpSync(at('full'), at('copy'), {
      recursive: true,
      filter: (source: string) => wait(Promise.resolve(!source.endsWith('flat'))),
    }),
  )
  await thread
  assert.deepEqual(fs.readdirSync(at('copy')), ['inner'])
})

function openFiles(): number {
  return fs.readdirSync('/proc/self/fd').length
}

/** Everything that was begun before has come to its end, which takes several jobs one after the other. */
async function idle(): Promise<void> {
  for (let round = 0; round < 8; round++) {
    await Promise.all(Array.from({ length: 8 }, () => fs.promises.stat(sandbox.root)))
    await turn()
  }
}
