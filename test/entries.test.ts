import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { Project, type ProjectRun } from './support/project.ts'
import { read, root } from './support/repository.ts'

const jest = join(root, 'node_modules/jest/bin/jest.js')
const vitest = join(root, 'node_modules/vitest/vitest.mjs')

/** One body for every runner: what waits, joins, fails and is cancelled in a realm of the runner's. */
const body = `
  test('threads wait, join, fail and are cancelled', async () => {
    const link = (ms) => [1, { toString: () => (sleep(ms), [2, { toString: () => (sleep(1), ms) }].join('-')) }].join()
    const joined = await Promise.all([5, 2, 3].map((ms) => spawn(link, ms)))
    expect(joined).toEqual(['1,2-5', '1,2-2', '1,2-3'])
    expect(await spawn(() => wait(Promise.resolve([1])))).toEqual([1])
    const failing = spawn(() => wait(Promise.reject(new RangeError('of this realm'))))
    await expect(async () => await failing).rejects.toThrow(RangeError)
    const waiting = spawn(() => sleep(60_000))
    waiting.cancel()
    await expect(async () => await waiting).rejects.toThrow(Cancelled)
    expect(() => wait(Promise.resolve())).toThrow('main stack')
    expect(globalThis.seen).toBe(undefined) // another file's realm is another
    globalThis.seen = true
  })
`
const required = "const { Cancelled, sleep, spawn, wait } = require('greenthreads')"
const imported = "import { Cancelled, sleep, spawn, wait } from 'greenthreads'"

function assertPassed({ code, stdout, stderr }: ProjectRun, count: number): void {
  const output = stripVTControlCharacters(`${stdout}\n${stderr}`)
  assert.equal(code, 0, output)
  assert.match(output, new RegExp(`Tests:? .*\\b${count} passed`), output)
}

test('test files of jest share one copy, each in a realm of its own', async () => {
  const file = `${required}\n${body}`
  const reset = `
    test('modules that are reset are the same again', async () => {
      jest.resetModules()
      const again = require('greenthreads')
      expect(again).toBe(require('greenthreads'))
      expect(again.spawn).toBe(spawn)
      expect(await spawn(() => again.current().state)).toBe('running')
    })`
  using project = new Project({
    'package.json': '{ "jest": { "testEnvironment": "node" } }',
    'one.test.js': file,
    'two.test.js': file + reset,
  })
  assertPassed(await project.node([jest, '--runInBand']), 3)
  assertPassed(await project.node([jest, '--maxWorkers', '2']), 3)
})

test('ES modules in test files of jest share the copy, too', async () => {
  const file = `${imported}\n${body}`
  using project = new Project({
    'package.json': '{ "type": "module", "jest": { "testEnvironment": "node" } }',
    'one.test.js': file,
    'two.test.js': file,
  })
  assertPassed(await project.node(['--experimental-vm-modules', jest, '--runInBand']), 2)
})

for (const pool of ['forks', 'threads']) {
  test(`test files of vitest in ${pool} use green threads, isolated or not`, async () => {
    const file = (n: number): string =>
      `${imported}\nimport { expect, test } from 'vitest'\n${body}`.replaceAll('seen', `seen${n}`)
    using project = new Project(
      { 'package.json': '{ "type": "module" }', 'one.test.js': file(1), 'two.test.js': file(2) },
      ['vitest'],
    )
    for (const flag of ['--isolate', '--no-isolate']) {
      assertPassed(await project.node([vitest, 'run', '--pool', pool, flag]), 2)
    }
  })
}

/** A package with a copy of its own. */
function projectWithCopy(version?: string): Project {
  const project = new Project({
    'app.mjs': `
      import * as own from 'greenthreads'
      import { createRequire } from 'node:module'
      const other = createRequire(import.meta.url)('other')
      console.log(other.spawn === own.spawn, await own.spawn(() => other.wait(Promise.resolve('waited'))))`,
    'node_modules/other/index.js': "module.exports = require('greenthreads')",
  })
  const copy = 'node_modules/other/node_modules/greenthreads'
  for (const part of ['entries', 'dist', 'prebuilds']) {
    cpSync(join(root, part), join(project.folder, copy, part), { recursive: true })
  }
  const manifest = JSON.parse(read('package.json')) as { version: string }
  project.write(
    `${copy}/package.json`,
    JSON.stringify({ ...manifest, version: version ?? manifest.version }),
  )
  return project
}

test('two copies of one version are one', async () => {
  using project = projectWithCopy()
  const { stdout, stderr } = await project.node(['app.mjs'])
  assert.equal(stderr, '')
  assert.equal(stdout, 'true waited\n')
})

test('two versions are refused, with the places of both', async () => {
  using project = projectWithCopy('99.0.0')
  const { code, stderr } = await project.node(['app.mjs'])
  assert.equal(code, 1)
  assert.match(stderr, /ERR_GT_LOADED_TWICE/)
  assert.match(
    stderr,
    /\(version \d+\.\d+\.\d+\)\nand now again, from\n.*other.*\(version 99\.0\.0\)/,
  )
})
