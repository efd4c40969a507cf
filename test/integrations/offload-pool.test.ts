import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { Cancelled, spawn, TimedOut, withTimeout } from 'greenthreads'
import {
  configureOffload,
  type OffloadPoolOptions,
  offload,
  offloadAsync,
} from 'greenthreads/offload'
import { useVirtualClock } from 'greenthreads/testing'
import { computeUntil, newFlags, untilSet } from './offload-computing.ts'

let isConfigured = false

function configure(options: OffloadPoolOptions): void {
  isConfigured = true
  configureOffload(options)
}

afterEach(() => {
  if (isConfigured) configureOffload({})
  isConfigured = false
})

test('cancelling the thread stops the worker in the middle', async () => {
  configure({ maxThreads: 1 })
  const flags = newFlags()
  const thread = spawn(() => offload(computeUntil, flags))
  const next = spawn(() => offload(() => 'next'))
  await untilSet(flags)
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  // There is one worker only, and its task never ends by itself.
  assert.equal(await next, 'next')
})

test('a deadline stops the worker', async () => {
  configure({ maxThreads: 1 })
  const clock = useVirtualClock()
  try {
    const flags = newFlags()
    const thread = spawn(() => {
      assert.throws(() => withTimeout(100, () => offload(computeUntil, flags)), TimedOut)
      return offload(() => 'next')
    })
    await untilSet(flags)
    await clock.advance(100)
    assert.equal(await thread, 'next')
  } finally {
    clock.restore()
  }
})

test('cancelling a call that waits for a worker leaves the others in their order', async () => {
  configure({ maxThreads: 1 })
  const flags = newFlags()
  const log: string[] = []
  const start = (name: string) => spawn(() => void log.push(offload((text: string) => text, name)))
  const first = spawn(() => offload(computeUntil, flags))
  await untilSet(flags)
  const [second, third, fourth] = [start('second'), start('third'), start('fourth')] as const
  second.cancel()
  await assert.rejects(async () => await second, Cancelled)
  Atomics.store(flags, 1, 1)
  await Promise.all([first, third, fourth])
  assert.deepEqual(log, ['third', 'fourth'])
})

test('async code stops a call by the signal of a thread', async () => {
  const flags = newFlags()
  const controller = new AbortController()
  const promise = spawn(() => offload(computeUntil, flags)).toPromise({ signal: controller.signal })
  await untilSet(flags)
  controller.abort('enough')
  await assert.rejects(promise, { code: 'ERR_GT_CANCELLED', cause: 'enough' })
})

test('a full queue refuses', async () => {
  configure({ maxThreads: 1, maxQueue: 1 })
  const flags = newFlags()
  const running = offloadAsync(computeUntil, flags)
  const queued = offloadAsync(() => 'queued')
  await assert.rejects(
    offloadAsync(() => 'refused'),
    { code: 'ERR_GT_OFFLOAD_QUEUE_FULL' },
  )
  Atomics.store(flags, 1, 1)
  assert.deepEqual(await Promise.all([running, queued]), ['stopped', 'queued'])
})

test('calls made before a configuration end on the old workers', async () => {
  const flags = newFlags()
  const old = offloadAsync(computeUntil, flags)
  await untilSet(flags)
  configure({ maxThreads: 1 })
  try {
    assert.equal(await offloadAsync(() => 'new'), 'new')
  } finally {
    Atomics.store(flags, 1, 1)
  }
  assert.equal(await old, 'stopped')
})

test('a worker that ends fails its call alone', async () => {
  const lost = offloadAsync(() => process.exit(3))
  await assert.rejects(lost, { code: 'ERR_GT_OFFLOAD_WORKER_LOST', message: /code: 3/ })
  const thrown = offloadAsync(() => {
    setTimeout(() => {
      throw new Error('nobody catches this')
    })
    return new Promise(() => {})
  })
  await assert.rejects(thrown, { code: 'ERR_GT_OFFLOAD_WORKER_LOST', message: /nobody catches/ })
  assert.equal(await offloadAsync(() => 'works still'), 'works still')
})

test('many calls share few workers', async () => {
  configure({ maxThreads: 2 })
  const threads = Array.from({ length: 50 }, (_, i) =>
    spawn(() => offload((n: number) => n * n, i)),
  )
  assert.deepEqual(
    await Promise.all(threads),
    threads.map((_, i) => i * i),
  )
})

test('options are checked', () => {
  for (const options of [
    { maxThreads: 0 },
    { minThreads: 1.5 },
    { maxQueue: -1 },
    { idleTimeoutMs: Number.NaN },
  ]) {
    assert.throws(() => configureOffload(options), { code: 'ERR_GT_INVALID_ARGUMENT' })
  }
})
