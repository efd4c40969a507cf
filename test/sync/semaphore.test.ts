import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Semaphore, spawn, yieldNow } from 'greenthreads'
import { untilParked } from 'greenthreads/testing'

test('so many are inside at a time as there are permits', async () => {
  const semaphore = new Semaphore(3)
  let inside = 0
  let most = 0
  const thread = (): void => {
    using _permit = semaphore.hold()
    most = Math.max(most, ++inside)
    yieldNow()
    inside--
  }
  const task = async (): Promise<void> => {
    using _permit = await semaphore.holdAsync()
    most = Math.max(most, ++inside)
    await setImmediate()
    inside--
  }
  await Promise.all([1, 2, 3, 4, 5].flatMap(() => [spawn(thread), task()]))
  assert.equal(most, 3)
  assert.equal(semaphore.available, 3)
})

test('several permits are released at once, to those who wait first', async () => {
  const semaphore = new Semaphore(0)
  const threads = [1, 2, 3].map(() => spawn(() => semaphore.acquire()))
  semaphore.release(2)
  await untilParked()
  assert.deepEqual(
    threads.map(({ state }) => state),
    ['finished', 'finished', 'suspended'],
  )
  semaphore.release(3)
  assert.equal(semaphore.available, 2)
  assert.equal(await threads[2], true)
})

test('without a bound there may be more permits than at first', () => {
  const semaphore = new Semaphore(1)
  semaphore.release()
  assert.equal(semaphore.available, 2)
})

test('releasing beyond the bound throws, and releases nothing', async () => {
  const semaphore = new Semaphore(1, { maxPermits: 2 })
  assert.throws(() => semaphore.release(2), {
    code: 'ERR_GT_TOO_MANY_PERMITS',
    message: /would have 3 permits, but has at most 2/,
  })
  assert.equal(semaphore.available, 1)
  semaphore.acquire()
  const waiting = spawn(() => semaphore.acquire())
  assert.throws(() => semaphore.release(4), { code: 'ERR_GT_TOO_MANY_PERMITS' })
  assert.equal(semaphore.waiting, 1)
  semaphore.release(3)
  assert.equal(await waiting, true)
  assert.equal(semaphore.available, 2)
})

test('async code acquires and releases permits without a hold, too', async () => {
  const semaphore = new Semaphore(1)
  assert.equal(await semaphore.acquireAsync(), true)
  assert.equal(await semaphore.acquireAsync({ timeoutMs: 0 }), false)
  const waiting = semaphore.acquireAsync()
  semaphore.release()
  assert.equal(await waiting, true)
  assert.equal(semaphore.available, 0)
})

test('what is no number of permits is refused', () => {
  const isRefused = { code: 'ERR_GT_INVALID_ARGUMENT' }
  for (const permits of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => new Semaphore(permits), isRefused)
  }
  for (const maxPermits of [1, 0, Number.NaN]) {
    assert.throws(() => new Semaphore(2, { maxPermits }), isRefused)
  }
  for (const count of [0, -1, 1.5]) assert.throws(() => new Semaphore(1).release(count), isRefused)
})
