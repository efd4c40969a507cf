import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { RLock, type RLockHold, spawn, wait, yieldNow } from 'greenthreads'

test('its owner acquires it again, and releases it as often', async () => {
  const lock = new RLock()
  const owner = spawn(() => {
    lock.acquire()
    using _again = lock.hold()
    assert.equal(lock.tryAcquire(), true)
    lock.release()
    yieldNow()
    lock.release()
    assert.equal(lock.isOwned, true)
  })
  const other = spawn(() => {
    lock.acquire()
    assert.equal(lock.isOwned, true)
    lock.release()
  })
  assert.equal(lock.isLocked, true)
  assert.equal(lock.isOwned, false)
  assert.equal(lock.waiting, 1)
  await Promise.all([owner, other])
  assert.equal(lock.isLocked, false)
})

test('the one that it was handed to has entered once', async () => {
  const lock = new RLock()
  lock.acquire()
  lock.acquire()
  const next = spawn(() => {
    lock.acquire()
    lock.release()
    return lock.isLocked
  })
  lock.release()
  lock.release()
  assert.equal(lock.isOwned, false, 'it is on its way')
  assert.equal(lock.isLocked, true)
  assert.equal(await next, false)
})

test('only its owner releases it', async () => {
  const lock = new RLock()
  assert.throws(() => lock.release(), {
    code: 'ERR_GT_NOT_OWNER',
    message: /^rlock\.release\(\) was called by the main stack, but the lock is owned by nobody/,
  })
  lock.acquire()
  const thread = spawn(() => lock.release())
  await assert.rejects(
    async () => await thread,
    new RegExp(`called by green thread ${thread.id}, but the lock is owned by the main stack`),
  )
  const waiting = spawn(() => lock.acquire())
  lock.release()
  assert.throws(() => lock.release(), /owned by one that has waited for it/)
  await waiting
  assert.throws(() => lock.release(), new RegExp(`owned by green thread ${waiting.id}`))
})

test('two holds of async code exclude each other', async () => {
  const lock = new RLock()
  const log: string[] = []
  const task = async (name: string): Promise<void> => {
    using _hold = await lock.holdAsync()
    log.push(`${name} in`)
    await setImmediate()
    log.push(`${name} out`)
  }
  await Promise.all([task('a'), task('b')])
  assert.deepEqual(log, ['a in', 'a out', 'b in', 'b out'])
})

test('the synchronous code of the main stack does not get what async code holds', async () => {
  const lock = new RLock()
  const hold = await lock.holdAsync()
  assert.equal(lock.tryAcquire(), false)
  assert.throws(() => lock.release(), /owned by async code/)
  hold.release()
  assert.equal(lock.tryAcquire(), true)
})

test('async code enters again within a hold', async () => {
  const lock = new RLock()
  const nested = async (within: RLockHold): Promise<void> => {
    using _hold = await lock.holdAsync({ within })
    await setImmediate()
  }
  const hold = await lock.holdAsync()
  const waiting = spawn(() => lock.acquire())
  const child = nested(hold)
  hold.release()
  assert.equal(waiting.state, 'suspended', 'what entered within has not left')
  await child
  assert.equal(await waiting, true)
})

test('async code enters within the hold of the thread that waits for it', async () => {
  const lock = new RLock()
  const task = async (within: RLockHold): Promise<boolean> => {
    using _hold = await lock.holdAsync({ within })
    await setImmediate()
    return lock.isLocked
  }
  const thread = spawn(() => {
    using hold = lock.hold()
    return wait(task(hold))
  })
  assert.equal(await thread, true)
  assert.equal(lock.isLocked, false)
})

test('a hold that was released lets nobody in', async () => {
  const lock = new RLock()
  const hold = await lock.holdAsync()
  hold.release()
  await assert.rejects(lock.holdAsync({ within: hold }), { code: 'ERR_GT_NOT_OWNER' })
  const other = await lock.holdAsync()
  await assert.rejects(lock.holdAsync({ within: hold }), /called by async code/)
  hold.release()
  assert.equal(lock.isLocked, true)
  other.release()
  assert.equal(lock.isLocked, false)
})
