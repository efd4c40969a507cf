import assert from 'node:assert/strict'
import childProcess from 'node:child_process'
import crypto from 'node:crypto'
import fs from 'node:fs'
import Module, { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { MessagePort, Worker } from 'node:worker_threads'
import zlib from 'node:zlib'
import { spawn } from 'greenthreads'
import {
  isPatched,
  original,
  type PatchableName,
  patch,
  patchAll,
  patchEvents,
  unpatch,
  unpatchAll,
} from 'greenthreads/patch'
import { read } from '../support/repository.ts'

const { readFileSync, statSync } = fs

afterEach(() => {
  patchEvents.removeAllListeners()
  unpatchAll()
})

/** Everything that has a function which is patched. */
const places: Record<string, object> = {
  Atomics,
  MessagePort: MessagePort.prototype,
  Worker: Worker.prototype,
  childProcess,
  crypto,
  directory: fs.Dir.prototype,
  extensions: (Module as unknown as { _extensions: object })._extensions,
  fs,
  loader: Module,
  modules: Module.prototype,
  zlib,
}

/** Values only: getters of deprecated names would warn. */
function functionsOf(place: object): Map<string, unknown> {
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(place))
  return new Map(descriptors.map(([name, { value }]) => [name, value as unknown]))
}

test('unpatching puts the very originals back, wherever they were', async () => {
  const before = Object.values(places).map(functionsOf)
  patchAll()
  for (const [i, [name, place]] of Object.entries(places).entries()) {
    const isSame = [...functionsOf(place)].every(([key, value]) => before[i]?.get(key) === value)
    assert.equal(isSame, false, `nothing of ${name} was patched`)
  }
  unpatchAll()
  for (const [i, place] of Object.values(places).entries()) {
    for (const [key, value] of functionsOf(place)) assert.equal(value, before[i]?.get(key), key)
  }
  const { readFileSync: byName } = await import('node:fs')
  assert.equal(byName, readFileSync)
})

test('a second call changes nothing, and warns once', async () => {
  const warnings: string[] = []
  const onWarning = (warning: Error & { code?: string }): void => {
    warnings.push(String(warning.code))
  }
  process.on('warning', onWarning)
  patchAll()
  const first = fs.readFileSync
  patchAll()
  patch('fs')
  assert.equal(fs.readFileSync, first)
  assert.equal(original(fs.readFileSync), readFileSync)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', onWarning)
  assert.deepEqual(warnings, ['ERR_GT_PATCHED_TWICE'])
})

test('modules are patched one by one', () => {
  assert.equal(isPatched('fs'), false)
  patch('fs')
  assert.deepEqual([isPatched('fs'), isPatched('module')], [true, false])
  unpatch('module', 'fs')
  assert.equal(isPatched('fs'), false)
  patchAll({ except: ['fs'] })
  assert.deepEqual([isPatched('fs'), isPatched('module')], [false, true])
})

test('a name that can not be patched is refused before anything is', () => {
  const wrong = 'net' as PatchableName
  for (const call of [
    () => patch('fs', wrong),
    () => unpatch(wrong),
    () => isPatched(wrong),
    () => patchAll({ except: [wrong] }),
  ]) {
    assert.throws(call, {
      code: 'ERR_GT_INVALID_ARGUMENT',
      message: /module must be one of .*"net"/,
    })
  }
  assert.equal(isPatched('fs'), false)
})

test('a replacement looks like its original', () => {
  patchAll()
  for (const name of ['readFileSync', 'realpathSync', 'statSync'] as const) {
    const fn = fs[name] as unknown as Record<string, unknown>
    assert.equal(fn.name, name)
    assert.equal(fn.length, (original(fs[name]) as unknown as Record<string, unknown>).length)
    assert.deepEqual(Object.keys(fn), Object.keys(original(fs[name])))
  }
})

test('original gives the blocking function, and others back as they are', async () => {
  patchAll()
  const thread = spawn(() => original(fs.statSync)('/').isDirectory())
  assert.equal(thread.state, 'finished')
  assert.equal(await thread, true)
  assert.equal(original(readFileSync), readFileSync)
})

test('a replacement that was kept blocks after unpatching, and suspends after the next patching', async () => {
  patchAll()
  const kept = fs.statSync
  unpatchAll()
  assert.equal(spawn(() => kept('/')).state, 'finished')
  patchAll()
  const thread = spawn(() => kept('/').isDirectory())
  assert.equal(thread.state, 'suspended')
  assert.equal(await thread, true)
})

test('what others have wrapped stays wrapped', () => {
  patchAll()
  const ours = fs.statSync
  const theirs = ((path: string) => ours(path)) as typeof statSync
  Object.assign(fs, { statSync: theirs })
  unpatchAll()
  assert.equal(fs.statSync, theirs)
  assert.equal(fs.statSync('/').isDirectory(), true)
  Object.assign(fs, { statSync })
})

test('events tell of every function, and a veto keeps one as it is', () => {
  const will: string[] = []
  const did: string[] = []
  const undone: string[] = []
  patchEvents.on('willPatch', ({ module, name, veto }) => {
    will.push(`${module}.${name}`)
    if (name === 'statSync') veto()
  })
  patchEvents.on('didPatch', ({ module, name }) => did.push(`${module}.${name}`))
  patchEvents.on('didUnpatch', ({ module }) => undone.push(module))
  patch('fs')
  unpatch('fs')
  assert.equal(fs.statSync, statSync)
  assert(will.includes('fs.statSync') && will.includes('fs.readFileSync'))
  assert(did.includes('fs.readFileSync') && !did.includes('fs.statSync'))
  assert.deepEqual(undone, ['fs'])
})

test('a module that has captured originals is named in a warning', async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'gt-capture-'))
  const file = join(folder, 'captures.cjs')
  const harmless = join(folder, 'harmless.cjs')
  fs.writeFileSync(file, "const { readFileSync, statSync: stat } = require('node:fs')\n")
  fs.writeFileSync(harmless, "const fs = require('fs'); const { join } = require('path')\n")
  const require = createRequire(import.meta.url)
  require(file)
  require(harmless)
  const warned = new Promise<Error & { code?: string }>((resolve) =>
    process.once('warning', resolve),
  )
  patchAll()
  const { code, message } = await warned
  assert.equal(code, 'ERR_GT_CAPTURED_ORIGINAL')
  assert(message.includes(`${file} (statSync, readFileSync)`), message)
  assert(!message.includes(harmless))
  delete require.cache[file]
  fs.rmSync(folder, { recursive: true })
})

test('docs/patching.md lists what is patched, and nothing else', () => {
  const sections = new Map(
    read('docs/patching.md')
      .split('\n## ')
      .map((section) => [/^`(\w+)`/.exec(section)?.[1] ?? '', section]),
  )
  const patched = new Set<string>()
  patchEvents.on('didPatch', ({ module, name }) => patched.add(`${module}.${name}`))
  patchAll()
  for (const patch of patched) {
    const [module = '', name = ''] = patch.split('.')
    const section = sections.get(module) ?? ''
    // `fs.*Sync` and the `...Sync` of zlib stand for many; the parts of the loader of modules have no names.
    const isOfMany = /`(fs\.\*|\.\.\.)Sync`/.test(section) && name.endsWith('Sync')
    assert(
      isOfMany || module === 'module' || new RegExp(`\\b${name}\``).test(section),
      `docs/patching.md does not name ${patch}`,
    )
  }
  for (const module of ['crypto', 'child_process'] as const) {
    const functions = process.getBuiltinModule(module) as unknown as Record<string, unknown>
    for (const [, name = ''] of (sections.get(module) ?? '').matchAll(/`(\w+Sync)`/g)) {
      const isThere = typeof functions[name] === 'function'
      assert.equal(patched.has(`${module}.${name}`), isThere, `docs/patching.md names ${name}`)
    }
  }
})
