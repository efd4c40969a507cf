import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { sleep, spawn } from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'

const library = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)

function start(source: string): Worker {
  return new Worker(
    `import(${library}).then(({ sleep, spawn, wait }) => {
      const { parentPort } = require('node:worker_threads')
      ${source}
    })`,
    { eval: true },
  )
}

test('workers have green threads of their own, while the main thread has its own', async () => {
  const workers = Array.from({ length: 4 }, (_, i) =>
    start(`
      const threads = Array.from({ length: 20 }, (_, k) => spawn(() => { sleep(1); return k }))
      spawn(() => {
        let sum = 0
        for (const thread of threads) sum += thread.join()
        parentPort.postMessage(sum + ${i})
      })
    `),
  )
  const own = spawn(() => {
    for (let i = 0; i < 10; i++) sleep(1)
    return 'main'
  })
  const results = await Promise.all(
    workers.map(async (worker) => {
      const [[sum], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
      return [sum, code]
    }),
  )
  assert.deepEqual(
    results,
    [0, 1, 2, 3].map((i) => [190 + i, 0]),
  )
  assert.equal(await own, 'main')
  assert.equal(suspendedThreads().length, 0)
})

test('a worker is terminated with threads suspended and one running', async () => {
  const worker = start(`
    for (let i = 0; i < 20; i++) spawn(() => sleep(100_000))
    spawn(() => {
      parentPort.postMessage('running')
      for (;;);
    })
  `)
  await once(worker, 'message')
  assert.equal(await worker.terminate(), 1)
})

test('process.exit in a thread of a worker ends the worker', async () => {
  const worker = start(`
    spawn(() => sleep(100_000))
    spawn(() => { sleep(1); process.exit(5) })
  `)
  const [code] = await once(worker, 'exit')
  assert.equal(code, 5)
})

test('an error in a thread of a worker reaches its parent', async () => {
  const worker = start(`spawn(() => { sleep(1); throw new Error('in a worker') })`)
  const [error] = await once(worker, 'error')
  assert.equal((error as Error).message, 'in a worker')
})
