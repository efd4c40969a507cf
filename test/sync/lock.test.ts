import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lock, spawn } from 'greenthreads'

test('isLocked tells, also while it is handed over', async () => {
  const lock = new Lock()
  assert.equal(lock.isLocked, false)
  lock.acquire()
  const thread = spawn(() => lock.acquire())
  lock.release()
  assert.equal(lock.isLocked, true)
  await thread
  lock.release()
  assert.equal(lock.isLocked, false)
})

test('it is not reentrant', () => {
  const lock = new Lock()
  spawn(() => {
    lock.acquire()
    assert.equal(lock.acquire(0), false)
  }).join()
})

test('anybody may release it', async () => {
  const lock = new Lock()
  lock.acquire()
  const second = spawn(() => lock.acquire())
  spawn(() => lock.release()).join()
  assert.equal(await second, true)
})

test('releasing an unlocked one throws', () => {
  const lock = new Lock()
  const isRefused = { code: 'ERR_GT_NOT_LOCKED', message: /^lock\.release\(\) was called while/ }
  assert.throws(() => lock.release(), isRefused)
  lock.acquire()
  lock.release()
  assert.throws(() => lock.release(), isRefused)
  assert.equal(lock.tryAcquire(), true)
})

test('async code acquires and releases it without a hold, too', async () => {
  const lock = new Lock()
  assert.equal(await lock.acquireAsync(), true)
  const second = lock.acquireAsync()
  assert.equal(await lock.acquireAsync({ timeoutMs: 0 }), false)
  lock.release()
  assert.equal(await second, true)
  lock.release()
  assert.equal(lock.isLocked, false)
})

test('a thread waits for what the main stack holds, and async code for what a thread holds', async () => {
  const lock = new Lock()
  const log: string[] = []
  lock.acquire()
  const thread = spawn(() => {
    using _hold = lock.hold()
    log.push('thread')
  })
  const task = lock.holdAsync().then((hold) => {
    log.push('task')
    hold.release()
  })
  log.push('main')
  lock.release()
  await Promise.all([thread, task])
  assert.deepEqual(log, ['main', 'thread', 'task'])
})
