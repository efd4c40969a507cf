import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import deasync from 'greenthreads/deasync'
import Fiber from 'greenthreads/fibers'
import Future from 'greenthreads/fibers/future'
import { makeCompatible } from 'greenthreads/fibers/promise'
import { runScript } from '../core/script.ts'

const require = createRequire(import.meta.url)

test('require() returns what import does: the function itself', () => {
  assert.equal(require('greenthreads/fibers'), Fiber)
  assert.equal(require('greenthreads/fibers/future'), Future)
  assert.equal(require('greenthreads/fibers/promise').makeCompatible, makeCompatible)
  assert.equal(require('greenthreads/deasync'), deasync)
})

test('required first, imported later, there is one copy', async () => {
  const { stdout, stderr, code } = await runScript(`
    import { createRequire } from 'node:module'
    const require = createRequire(process.cwd() + '/program.cjs')
    const Fiber = require('greenthreads/fibers')
    const Future = require('greenthreads/fibers/future')
    const [a, b] = await Promise.all([import('greenthreads/fibers'), import('greenthreads/fibers/future')])
    console.log(a.default === Fiber, b.default === Future)
  `)
  assert.deepEqual([stdout, code], ['true true\n', 0], stderr)
})

test('where ES modules can not be required, the versions that can are named', async () => {
  const program = "await import('greenthreads/fibers/future')"
  const { code, stderr } = await runScript(program, ['--no-experimental-require-module'])
  assert.equal(code, 1)
  assert.match(stderr, /greenthreads needs Node\.js 20\.19, 22\.12 or newer; this is v/)
})
