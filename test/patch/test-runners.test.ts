import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { Project, type ProjectRun } from '../support/project.ts'
import { root } from '../support/repository.ts'

const jest = join(root, 'node_modules/jest/bin/jest.js')
const vitest = join(root, 'node_modules/vitest/vitest.mjs')

/** Fifty threads at once, and functions of the runner that wait although none of them is a green thread. */
const body = `
  const numbers = Array.from({ length: 50 }, (_, i) => i)
  const double = (n) => wait(new Promise((resolve) => setImmediate(resolve, n * 2)))
  beforeEach(() => { double(1) })
  test('many threads meet', async () => {
    const meet = new Barrier(50)
    const results = numbers.map((n) => spawn(() => { meet.wait(); readFileSync('package.json'); return double(n) }))
    expect(await Promise.all(results)).toEqual(numbers.map((n) => n * 2))
  })
  test('a synchronous test waits', () => {
    expect([1, 2].map(double)).toEqual([2, 4])
  })
  test('an async test waits, others meanwhile', async () => {
    await null
    const others = numbers.map(async (n) => { await null; return double(n) })
    expect(double(21)).toBe(42)
    expect(await Promise.all(others)).toEqual(numbers.map((n) => n * 2))
  })
  test('a cancelled thread is rejected', async () => {
    const waiting = spawn(() => wait(new Promise(() => {})))
    waiting.cancel()
    await expect(async () => await waiting).rejects.toThrow(Cancelled)
  })
  test('an error after a wait fails the test', () => {
    expect(() => { double(1); throw new RangeError('of this realm') }).toThrow(RangeError)
  })
`
const count = 5

function assertPassed({ code, stdout, stderr }: ProjectRun, count: number): void {
  const output = stripVTControlCharacters(`${stdout}\n${stderr}`)
  assert.equal(code, 0, output)
  assert.match(output, new RegExp(`Tests:? .*\\b${count} passed`), output)
}

test('test files of jest wait anywhere under the preload', async () => {
  const file = `
    const { readFileSync } = require('fs')
    const { Barrier, Cancelled, spawn, wait } = require('greenthreads')
    ${body}`
  using project = new Project({
    'package.json': '{ "jest": { "testEnvironment": "node" } }',
    'one.test.js': file,
    'two.test.js': file,
  })
  const preload = ['--import', 'greenthreads/register', jest]
  assertPassed(await project.node([...preload, '--runInBand']), 2 * count)
  assertPassed(await project.node([...preload, '--maxWorkers', '2']), 2 * count)
})

for (const pool of ['forks', 'threads']) {
  test(`test files of vitest in ${pool} wait anywhere under the preload`, async () => {
    const file = `
      import { readFileSync } from 'node:fs'
      import { Barrier, Cancelled, spawn, wait } from 'greenthreads'
      import { beforeEach, expect, test } from 'vitest'
      ${body}`
    using project = new Project(
      { 'package.json': '{ "type": "module" }', 'one.test.js': file, 'two.test.js': file },
      ['vitest'],
    )
    const args = ['--pool', pool, '--execArgv=--import', '--execArgv=greenthreads/register']
    assertPassed(await project.node([vitest, 'run', ...args]), 2 * count)
    // vitest itself as well, whose bundler is an addon that wants to be called on one OS thread.
    const env = { NODE_OPTIONS: '--import greenthreads/register' }
    assertPassed(await project.node([vitest, 'run', '--pool', pool], { env }), 2 * count)
  })
}
