import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Cancelled,
  Condition,
  RLock,
  sleep,
  spawn,
  TimedOut,
  withTimeout,
  yieldNow,
} from 'greenthreads'
import { untilParked, useVirtualClock } from 'greenthreads/testing'

const locks = [
  { name: 'a Lock', create: () => new Condition() },
  { name: 'an RLock', create: () => new Condition(new RLock()) },
]

for (const { name, create } of locks) {
  test(`${name}: when the time is over wait returns false, with the lock`, async () => {
    using clock = useVirtualClock()
    const condition = create()
    const thread = spawn(() => {
      using _hold = condition.lock.hold()
      return [condition.wait(10), condition.lock.isLocked]
    })
    const task = (async () => {
      using _hold = await condition.lock.holdAsync()
      return [await condition.waitAsync({ timeoutMs: 10 }), condition.lock.isLocked]
    })()
    await clock.advance(10)
    assert.deepEqual(await thread, [false, true])
    assert.deepEqual(await task, [false, true])
    assert.equal(condition.waiting, 0)
    assert.equal(condition.lock.isLocked, false)
    assert.equal(clock.pending, 0)
  })

  test(`${name}: a limit of no time keeps the lock`, async () => {
    const condition = create()
    const hold = await condition.lock.holdAsync()
    const thread = spawn(() => {
      using _hold = condition.lock.hold()
      const other = condition.lock.holdAsync()
      assert.equal(condition.wait(0), false)
      assert.equal(
        condition.waitFor(() => false, 0),
        false,
      )
      assert.equal(condition.lock.waiting, 1)
      return other
    })
    assert.equal(await condition.waitAsync({ timeoutMs: 0 }), false)
    assert.equal(thread.state, 'suspended')
    hold.release()
    await untilParked()
    const other = await thread
    other.release()
    assert.equal(condition.lock.isLocked, false)
  })

  test(`${name}: a thread that is cancelled has the lock when it learns of it`, async () => {
    const condition = create()
    const log: string[] = []
    const waiting = spawn(() => {
      using _hold = condition.lock.hold()
      try {
        condition.wait()
      } finally {
        log.push('has it back')
      }
    })
    const owner = spawn(() => {
      using _hold = condition.lock.hold()
      waiting.cancel()
      for (let i = 0; i < 3; i++) yieldNow()
      log.push('leaves')
    })
    const end = assert.rejects(async () => await waiting, Cancelled)
    await owner
    await end
    assert.deepEqual(log, ['leaves', 'has it back'])
    assert.equal(condition.waiting, 0)
    assert.equal(condition.lock.isLocked, false)
  })

  test(`${name}: neither a second cancellation nor a deadline gets in between`, async () => {
    using clock = useVirtualClock()
    const condition = create()
    const log: string[] = []
    const waiting = spawn(() => {
      using _hold = condition.lock.hold()
      try {
        withTimeout(20, () => condition.wait(10))
      } finally {
        log.push('has it back')
      }
    })
    const owner = spawn(() => {
      using _hold = condition.lock.hold()
      sleep(30)
      log.push('leaves')
    })
    await clock.advance(15)
    waiting.cancel()
    await clock.advance(15)
    await owner
    // The wait itself was over: what came later is thrown at the next suspension, and there is none.
    await waiting
    assert.deepEqual(log, ['leaves', 'has it back'])
    assert.equal(condition.lock.isLocked, false)
  })

  test(`${name}: async code that gives up has the lock when it learns of it`, async () => {
    const condition = create()
    const controller = new AbortController()
    const log: string[] = []
    const task = (async () => {
      using _hold = await condition.lock.holdAsync()
      try {
        await condition.waitAsync({ signal: controller.signal })
      } finally {
        log.push('has it back')
      }
    })()
    const end = assert.rejects(task, /not any more/)
    await untilParked()
    const hold = await condition.lock.holdAsync()
    controller.abort(new Error('not any more'))
    await untilParked()
    log.push('leaves')
    hold.release()
    await end
    assert.deepEqual(log, ['leaves', 'has it back'])
    assert.equal(condition.lock.isLocked, false)
  })

  test(`${name}: on the main stack wait names its twin, and keeps the lock`, async () => {
    const condition = create()
    const hold = condition.lock.hold()
    const next = spawn(() => condition.lock.acquire())
    assert.throws(() => condition.wait(), {
      code: 'ERR_GT_NOT_IN_GREEN_THREAD',
      message: /await condition\.waitAsync\(\)/,
    })
    assert.equal(condition.lock.waiting, 1)
    hold.release()
    await next
  })
}

test('a deadline around the wait is thrown with the lock held', async () => {
  using clock = useVirtualClock()
  const condition = new Condition()
  const thread = spawn(() => {
    using _hold = condition.lock.hold()
    withTimeout(10, () => condition.wait())
  })
  const end = assert.rejects(async () => await thread, TimedOut)
  await clock.advance(10)
  await end
  assert.equal(condition.lock.isLocked, false)
  assert.equal(condition.waiting, 0)
})
