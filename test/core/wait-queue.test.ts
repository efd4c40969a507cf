import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancelled, type GreenThread, spawn, TimedOut } from 'greenthreads'
import { WaitQueue } from 'greenthreads/lowlevel'
import { ManualClock } from './manual-clock.ts'

function parkAll<T>(queue: WaitQueue<T>, names: string[], log: string[]): GreenThread[] {
  return names.map((name) =>
    spawn(() => {
      log.push(`${name} got ${queue.park()}`)
    }),
  )
}

test('the one that has waited longest is woken, with what it is handed', async () => {
  const queue = new WaitQueue<number>()
  const log: string[] = []
  const threads = parkAll(queue, ['a', 'b'], log)
  assert.equal(queue.length, 2)
  assert.equal(queue.unparkOne(1), true)
  assert.equal(queue.unparkOne(2), true)
  assert.equal(queue.unparkOne(3), false)
  await Promise.all(threads)
  assert.deepEqual(log, ['a got 1', 'b got 2'])
})

test('all are woken in their order', async () => {
  const queue = new WaitQueue<string>()
  const log: string[] = []
  const threads = parkAll(queue, ['a', 'b', 'c'], log)
  assert.equal(queue.unparkAll('it'), 3)
  await Promise.all(threads)
  assert.deepEqual(log, ['a got it', 'b got it', 'c got it'])
})

test('closing wakes all with an error', async () => {
  const queue = new WaitQueue()
  const threads = [spawn(() => queue.park()), spawn(() => queue.park())]
  const error = new Error('closed')
  const ends = threads.map((thread) => assert.rejects(async () => await thread, error))
  assert.equal(queue.unparkAllWithError(error), 2)
  await Promise.all(ends)
})

test('a cancelled thread leaves the queue, and its place is not handed anything', async () => {
  const queue = new WaitQueue<number>()
  const log: string[] = []
  const [a, b, c] = parkAll(queue, ['a', 'b', 'c'], log) as [GreenThread, GreenThread, GreenThread]
  b.cancel()
  assert.equal(queue.length, 2)
  queue.unparkOne(1)
  queue.unparkOne(2)
  await assert.rejects(async () => await b, Cancelled)
  await Promise.all([a, c])
  assert.deepEqual(log, ['a got 1', 'c got 2'])
})

test('what was handed over before the cancellation is owned', async () => {
  const queue = new WaitQueue<string>()
  const log: string[] = []
  const [thread] = parkAll(queue, ['a'], log) as [GreenThread]
  queue.unparkOne('a permit')
  thread.cancel()
  await thread
  assert.deepEqual(log, ['a got a permit'])
})

test('a wait with a limit leaves the queue when the time is over', async () => {
  const clock = new ManualClock()
  try {
    const queue = new WaitQueue<string>()
    const late = spawn(() => queue.parkWithin(10, 'The lock'))
    const early = spawn(() => queue.parkWithin(1000))
    const end = assert.rejects(
      async () => await late,
      (error) => {
        assert.ok(error instanceof TimedOut)
        assert.equal(error.message, 'The lock did not finish within 10 ms')
        return true
      },
    )
    await clock.advance(10)
    await end
    assert.equal(queue.length, 1)
    queue.unparkOne('handed')
    assert.equal(await early, 'handed')
    assert.equal(clock.pending, 0)
  } finally {
    clock.restore()
  }
})

test('async code and threads wait in one queue', async () => {
  const queue = new WaitQueue<number>()
  const log: string[] = []
  const first = queue.promise().then((n) => log.push(`promise got ${n}`))
  const [second] = parkAll(queue, ['thread'], log)
  queue.unparkOne(1)
  queue.unparkOne(2)
  await Promise.all([first, second])
  assert.deepEqual(log.sort(), ['promise got 1', 'thread got 2'])
})

test('a promise leaves the queue by its signal', async () => {
  const queue = new WaitQueue<number>()
  const controller = new AbortController()
  const served = queue.promise(controller.signal)
  const left = queue.promise(controller.signal)
  const late = queue.promise(AbortSignal.abort(new Error('before')))
  queue.unparkOne(1)
  controller.abort(new Error('changed my mind'))
  assert.equal(await served, 1)
  await assert.rejects(left, /changed my mind/)
  await assert.rejects(late, /before/)
  assert.equal(queue.length, 0)
})
