import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { Cancelled, spawn } from 'greenthreads'
import { patchAll, unpatchAll } from 'greenthreads/patch'
import { turn } from './turn.ts'

patchAll()
after(() => unpatchAll())

const { createSyncFn } = await import('synckit')
const double = createSyncFn(new URL('doubling-worker.js', import.meta.url)) as (
  value: number,
) => number

function shared(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(16))
}

test('Atomics.wait suspends until it is notified', async () => {
  const words = shared()
  const thread = spawn(() => Atomics.wait(words, 1, 0))
  await turn()
  assert.equal(thread.state, 'suspended')
  Atomics.store(words, 1, 7)
  Atomics.notify(words, 1)
  assert.equal(await thread, 'ok')
})

test('Atomics.wait has the results and errors of the original', async () => {
  const words = shared()
  assert.equal(await spawn(() => Atomics.wait(words, 0, 5)), 'not-equal')
  assert.equal(await spawn(() => Atomics.wait(words, 0, 0, 5)), 'timed-out')
  assert.equal(await spawn(() => Atomics.wait(words, 0, 0, 0)), 'timed-out')
  const big = new BigInt64Array(new SharedArrayBuffer(8))
  assert.equal(await spawn(() => Atomics.wait(big, 0, 1n)), 'not-equal')
  await assert.rejects(
    async () => await spawn(() => Atomics.wait(new Int32Array(4), 0, 0)),
    TypeError,
  )
  await assert.rejects(async () => await spawn(() => Atomics.wait(words, 99, 0)), RangeError)
})

test('a notification from a worker wakes the thread', async () => {
  const words = shared()
  const worker = new Worker(
    'const { workerData } = require("worker_threads"); Atomics.store(workerData, 0, 1); Atomics.notify(workerData, 0)',
    { eval: true, workerData: words },
  )
  const thread = spawn(() => Atomics.wait(words, 0, 0))
  assert.match(await thread, /ok|not-equal/)
  await new Promise((resolve) => worker.once('exit', resolve))
})

test('a cancelled thread takes no notification from others', async () => {
  const words = shared()
  const first = spawn(() => Atomics.wait(words, 0, 0))
  const second = spawn(() => Atomics.wait(words, 0, 0))
  await turn()
  first.cancel()
  await assert.rejects(async () => await first, Cancelled)
  Atomics.notify(words, 0, 1)
  assert.equal(await second, 'ok')
})

test('synckit suspends the thread that calls it', async () => {
  const thread = spawn(() => double(21))
  assert.equal(thread.state, 'suspended')
  assert.equal(await thread, 42)
})

test('calls of synckit from many threads all get their own answers', async () => {
  const threads = Array.from({ length: 20 }, (_, i) => spawn(() => [double(i), double(100 + i)]))
  assert.deepEqual(
    await Promise.all(threads),
    Array.from({ length: 20 }, (_, i) => [2 * i, 2 * (100 + i)]),
  )
})

test('an error that synckit brings from its worker is thrown in the thread', async () => {
  await assert.rejects(async () => await spawn(() => double(-1)), { message: '-1 is negative' })
})

test('a cancelled call of synckit gets its answer, so that the next one gets its own', async () => {
  const log: number[] = []
  const thread = spawn(() => {
    log.push(double(1))
    log.push(double(2))
  })
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  assert.deepEqual(log, [2])
  assert.equal(await spawn(() => double(5)), 10)
})

test('the wait that programs use to sleep is cancelled at once', async () => {
  const thread = spawn(() => Atomics.wait(shared(), 0, 0, 600_000))
  await turn()
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
})

test('outside of green threads synckit blocks, as ever', () => {
  assert.equal(double(4), 8)
})

test('sync-fetch, which runs a child process, asks a server in the same process', async () => {
  const fetch = createRequire(import.meta.url)('sync-fetch') as (url: string) => {
    text(): string
    status: number
  }
  const server = createServer((request, response) => {
    response.end(`asked for ${request.url}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const thread = spawn(() =>
    ['/one', '/two'].map((path) => fetch(`http://127.0.0.1:${port}${path}`).text()),
  )
  assert.equal(thread.state, 'suspended')
  assert.deepEqual(await thread, ['asked for /one', 'asked for /two'])
  server.close()
})
