import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replacePackages } from 'greenthreads/patch'
import { Project } from '../support/project.ts'
import { read } from '../support/repository.ts'

const preload = ['--import', 'greenthreads/register']
const env = { GREENTHREADS_REPLACE: 'fibers,deasync' }

/** A dependency that knows nothing of this package. */
const dependency = {
  'node_modules/old/package.json': '{ "name": "old", "main": "index.js" }',
  'node_modules/old/index.js': `
    const Fiber = require('fibers')
    const Future = require('fibers/future')
    exports.inFiber = (fn) => Fiber(fn).run()
    exports.wait = (promise) => Future.fromPromise(promise).wait()
    exports.pause = require('deasync')((done) => setImmediate(done, null, 'paused'))
  `,
}

test('the preload replaces the packages in a CommonJS program and its dependencies', async () => {
  using project = new Project({
    ...dependency,
    'app.js': `
      const Fiber = require('fibers')
      const { inFiber, wait, pause } = require('old')
      console.log(require.resolve('fibers') !== 'fibers')
      inFiber(() => console.log(wait(Promise.resolve('waited')), pause(), Fiber.current.started))
    `,
  })
  const { stdout, stderr, code } = await project.node([...preload, 'app.js'], { env })
  assert.deepEqual([stdout, stderr, code], ['true\nwaited paused true\n', '', 0])
})

test('the preload replaces the packages in an ES module', async () => {
  using project = new Project({
    ...dependency,
    'app.mjs': `
      import Fiber from 'fibers'
      import Future from 'fibers/future'
      import deasync from 'deasync'
      import old from 'old'
      import { createRequire } from 'node:module'
      const { default: own } = await import('greenthreads/fibers')
      console.log(Fiber === own, Fiber === createRequire(import.meta.url)('fibers'))
      old.inFiber(() => console.log(new Future().isResolved(), deasync((done) => done(null, 'called'))()))
    `,
  })
  const { stdout, stderr, code } = await project.node([...preload, 'app.mjs'], { env })
  assert.deepEqual([stdout, stderr, code], ['true true\nfalse called\n', '', 0])
})

test('greenthreads run replaces them as well, and the top level may call what deasync makes', async () => {
  using project = new Project({ ...dependency, 'app.js': `console.log(require('old').pause())` })
  const { stdout, stderr, code } = await project.greenthreads(['run', 'app.js'], { env })
  assert.deepEqual([stdout, stderr, code], ['paused\n', '', 0])
})

test('only those that are named are replaced', async () => {
  using project = new Project({
    'app.js': `require('deasync'); try { require('fibers') } catch (error) { console.log(error.code) }`,
  })
  const { stdout } = await project.node([...preload, 'app.js'], {
    env: { GREENTHREADS_REPLACE: 'deasync' },
  })
  assert.equal(stdout, 'MODULE_NOT_FOUND\n')
})

test('a name that can not be replaced is refused', async () => {
  const wrong = 'left-pad' as 'fibers'
  assert.throws(() => replacePackages(wrong), {
    code: 'ERR_GT_INVALID_ARGUMENT',
    message: /one of deasync, fibers/,
  })
  using project = new Project({ 'app.js': '' })
  const { code, stderr } = await project.node([...preload, 'app.js'], {
    env: { GREENTHREADS_REPLACE: 'left-pad' },
  })
  assert.equal(code, 1)
  assert.match(stderr, /one of deasync, fibers/)
})

test('the package @greenthreads/fibers stands for fibers in node_modules', async () => {
  const files = ['package.json', 'fibers.js', 'future.js']
  using project = new Project({
    ...Object.fromEntries(
      files.map((file) => [`node_modules/fibers/${file}`, read(`compat/fibers/${file}`)]),
    ),
    'app.js': `
      const Fiber = require('fibers')
      const Future = require('fibers/future')
      Fiber(() => console.log(Future.task(() => 'task').wait())).run()
    `,
  })
  const { stdout, stderr, code } = await project.node(['app.js'])
  assert.deepEqual([stdout, stderr, code], ['task\n', '', 0])
})
