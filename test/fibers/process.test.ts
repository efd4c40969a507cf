import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { runScript } from '../core/script.ts'

const imports = `import Fiber from 'greenthreads/fibers'; import Future from 'greenthreads/fibers/future';`

test('process.exit inside a Fiber ends the process with its code', async () => {
  const { code, signal, stdout } = await runScript(`${imports}
    Fiber(() => { try { Fiber.yield() } finally { console.log('never') } }).run()
    Fiber(() => process.exit(7)).run()
    console.log('never')
  `)
  assert.deepEqual([code, signal, stdout], [7, null, ''])
})

test('an error that an uncaughtException listener takes keeps the process and its Fibers alive', async () => {
  const { code, stdout } = await runScript(`${imports}
    const tick = Future.wrap((done) => process.nextTick(done))
    let isThrown = false
    process.on('uncaughtException', (error) => console.log('caught', error.message))
    Fiber(() => { tick().wait(); isThrown = true; throw new Error('after a wait') }).run()
    Fiber(() => {
      while (!isThrown) tick().wait()
      setImmediate(() => console.log('alive'))
    }).run()
  `)
  assert.equal(stdout, 'caught after a wait\nalive\n')
  assert.equal(code, 0)
})

test('an error in the finally of a Fiber that is collected is an uncaught exception', async () => {
  const { code, stderr } = await runScript(
    `${imports}
    (() => Fiber(() => { try { Fiber.yield() } finally { throw new Error('in finally') } }).run())()
    const collect = () => { gc(); setImmediate(collect) }
    collect()
  `,
    ['--expose-gc'],
  )
  assert.equal(code, 1)
  assert.match(stderr, /Error: in finally/)
})

test('Fibers work in worker threads, and a worker ends with suspended ones', async () => {
  const worker = new Worker(
    `import('greenthreads/fibers').then(({ default: Fiber }) => {
      const fibers = Array.from({ length: 50 }, () => Fiber(() => Fiber.yield(1)))
      const sum = fibers.reduce((sum, fiber) => sum + fiber.run(), 0)
      require('node:worker_threads').parentPort.postMessage(sum)
    })`,
    { eval: true },
  )
  const ends = [once(worker, 'message'), once(worker, 'exit')]
  assert.deepEqual(await Promise.all(ends), [[50], [0]])
})
