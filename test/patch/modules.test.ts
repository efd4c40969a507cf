import assert from 'node:assert/strict'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, beforeEach, test } from 'node:test'
import { spawn, wait } from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { patch, unpatchAll } from 'greenthreads/patch'
import { type Deferred, deferred } from '../core/deferred.ts'
import { turn } from './turn.ts'

const folder = fs.mkdtempSync(join(tmpdir(), 'gt-modules-'))
const load = createRequire(join(folder, 'main.cjs'))
const gates: Record<string, Deferred<void>> = {}
const log: string[] = []

/** What the modules of these tests call. */
Object.assign(globalThis, {
  pass: (name: string) => {
    gates[name] ??= deferred()
    wait(gates[name].promise)
  },
  note: (text: string) => log.push(text),
})

beforeEach(() => patch('fs', 'module'))
afterEach(() => {
  unpatchAll()
  log.length = 0
  for (const name of Object.keys(gates)) delete gates[name]
  for (const file of Object.keys(load.cache)) if (file.startsWith(folder)) delete load.cache[file]
})
after(() => fs.rmSync(folder, { recursive: true }))

function write(name: string, source: string): string {
  const file = join(folder, name)
  fs.writeFileSync(file, source)
  return file
}

function open(name: string): void {
  gates[name] ??= deferred()
  gates[name].resolve()
}

test('two threads that require a module whose top level waits both see its full exports', async () => {
  write('slow.cjs', "note('begun'); exports.early = 1; pass('slow'); exports.late = 2")
  const threads = [1, 2, 3].map(() => spawn(() => ({ ...load('./slow.cjs') }) as object))
  await turn()
  assert.deepEqual(log, ['begun'])
  open('slow')
  assert.deepEqual(await Promise.all(threads), Array(3).fill({ early: 1, late: 2 }))
})

test('a module that throws at its top level is loaded again by the one that waited', async () => {
  write(
    'failing.cjs',
    "note('begun'); pass('failing'); if (!globalThis.isMended) { globalThis.isMended = true; throw new Error('broken') }; exports.ok = true",
  )
  const first = spawn(() => load('./failing.cjs') as unknown)
  const second = spawn(() => load('./failing.cjs') as unknown)
  open('failing')
  await assert.rejects(async () => await first, { message: 'broken' })
  assert.deepEqual({ ...((await second) as object) }, { ok: true })
  assert.deepEqual(log, ['begun', 'begun'])
})

test('modules that require each other get what there is, in one thread', async () => {
  write('odd.cjs', "exports.name = 'odd'; pass('odd'); exports.other = require('./even.cjs').name")
  write('even.cjs', "exports.name = 'even'; exports.seen = Object.keys(require('./odd.cjs'))")
  const thread = spawn(() => load('./odd.cjs') as { other: string })
  open('odd')
  assert.equal((await thread).other, 'even')
  assert.deepEqual((load('./even.cjs') as { seen: string[] }).seen, ['name'])
})

test('two threads that load a cycle from both ends do not wait for each other for ever', async () => {
  write('a.cjs', "exports.a = 1; pass('a'); require('./b.cjs'); exports.isDone = true")
  write('b.cjs', "exports.b = 1; pass('b'); require('./a.cjs'); exports.isDone = true")
  const first = spawn(() => load('./a.cjs') as { isDone: boolean })
  const second = spawn(() => load('./b.cjs') as { isDone: boolean })
  open('a')
  await turn()
  open('b')
  assert.equal((await first).isDone, true)
  assert.equal((await second).isDone, true)
  assert.equal(suspendedThreads().length, 0)
})

test('a cycle over three threads is found', async () => {
  for (const [name, next] of [
    ['x', 'y'],
    ['y', 'z'],
    ['z', 'x'],
  ]) {
    write(`${name}.cjs`, `pass('${name}'); require('./${next}.cjs'); exports.isDone = true`)
  }
  const threads = ['x', 'y', 'z'].map((name) =>
    spawn(() => load(`./${name}.cjs`) as { isDone: boolean }),
  )
  for (const name of ['x', 'y', 'z']) {
    open(name)
    await turn()
  }
  for (const thread of threads) assert.equal((await thread).isDone, true)
})

test('a thread started by a module at its top level may require it', async () => {
  Object.assign(globalThis, { spawnHere: spawn })
  write(
    'parent.cjs',
    "exports.early = 1; exports.child = spawnHere(() => { pass('child'); return require('./parent.cjs') }); pass('parent')",
  )
  const thread = spawn(() => load('./parent.cjs') as { early: number; child: unknown })
  open('child')
  await turn()
  open('parent')
  const { early, child } = await thread
  assert.equal(early, 1)
  assert.equal(((await (child as Promise<{ early: number }>)) as { early: number }).early, 1)
})

test('on the main stack a module that is being loaded is what it has exported so far', async () => {
  write('partly.cjs', "exports.early = 1; pass('partly'); exports.late = 2")
  const thread = spawn(() => load('./partly.cjs') as object)
  assert.deepEqual({ ...(load('./partly.cjs') as object) }, { early: 1 })
  open('partly')
  assert.deepEqual({ ...(await thread) }, { early: 1, late: 2 })
})

test('files are required without suspending, so that code elsewhere never sees half of a module', async () => {
  write(
    'quick.cjs',
    "const data = require('./data.json'); exports.sum = data.one + require('./two.cjs')",
  )
  write('data.json', '{ "one": 1 }')
  write('two.cjs', 'module.exports = 2')
  const thread = spawn(() => (load('./quick.cjs') as { sum: number }).sum)
  assert.equal(thread.state, 'finished')
  assert.equal(await thread, 3)
})

test('a module reads files at its top level as any code does', async () => {
  const file = write('text', 'words')
  write(
    'reader.cjs',
    `exports.text = require('node:fs').readFileSync(${JSON.stringify(file)}, 'utf8')`,
  )
  const thread = spawn(() => (load('./reader.cjs') as { text: string }).text)
  assert.equal(thread.state, 'suspended')
  assert.equal(await thread, 'words')
})

test('a thread that is cancelled while it waits for a module leaves the load alone', async () => {
  write('long.cjs', "pass('long'); exports.isDone = true")
  const loading = spawn(() => load('./long.cjs') as { isDone: boolean })
  const waiting = spawn(() => load('./long.cjs') as unknown)
  waiting.cancel()
  await assert.rejects(async () => await waiting, { code: 'ERR_GT_CANCELLED' })
  open('long')
  assert.equal((await loading).isDone, true)
})

test('a module that does not exist is missed as ever', async () => {
  write('pending.cjs', "pass('pending')")
  const pending = spawn(() => load('./pending.cjs') as unknown)
  const thread = spawn(() => load('./nowhere.cjs') as unknown)
  await assert.rejects(async () => await thread, { code: 'MODULE_NOT_FOUND' })
  open('pending')
  await pending
})
