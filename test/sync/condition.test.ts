import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Condition, type GreenThread, Lock, RLock, spawn, yieldNow } from 'greenthreads'
import { explore, untilParked, useVirtualClock } from 'greenthreads/testing'
import { noSuspension } from '../support/no-suspension.ts'

const locks = [
  { name: 'a Lock', create: () => new Condition() },
  { name: 'an RLock', create: () => new Condition(new RLock()) },
]

for (const { name, create } of locks) {
  test(`${name}: who waits gives the lock up, and has it again when notified`, async () => {
    const condition = create()
    const log: string[] = []
    const waiting = spawn(() => {
      using _hold = condition.lock.hold()
      log.push(`notified: ${condition.wait()}`)
      assert.equal(condition.lock.isLocked, true)
    })
    assert.equal(condition.lock.isLocked, false)
    assert.equal(condition.waiting, 1)
    await spawn(() => {
      using _hold = condition.lock.hold()
      condition.notify()
      yieldNow()
      log.push('leaves')
    })
    await waiting
    assert.deepEqual(log, ['leaves', 'notified: true'])
    assert.equal(condition.lock.isLocked, false)
  })

  test(`${name}: async code waits and notifies, too`, async () => {
    const condition = create()
    const log: string[] = []
    const task = (async () => {
      using _hold = await condition.lock.holdAsync()
      log.push(`notified: ${await condition.waitAsync()}`)
      condition.notify()
    })()
    const thread = spawn(() => {
      using _hold = condition.lock.hold()
      log.push(`notified, too: ${condition.wait()}`)
    })
    await untilParked()
    assert.equal(condition.waiting, 2)
    {
      using _hold = await condition.lock.holdAsync()
      condition.notify()
    }
    await Promise.all([task, thread])
    assert.deepEqual(log, ['notified: true', 'notified, too: true'])
    assert.equal(condition.lock.isLocked, false)
  })

  test(`${name}: so many are notified as told, those first that have waited longest`, async () => {
    const condition = create()
    const log: number[] = []
    const threads = Array.from({ length: 5 }, (_, i) =>
      spawn(() => {
        using _hold = condition.lock.hold()
        condition.wait()
        log.push(i)
      }),
    )
    const notify = (count: number): GreenThread =>
      spawn(() => {
        using _hold = condition.lock.hold()
        condition.notify(count)
      })
    await notify(2)
    await untilParked()
    assert.deepEqual(log, [0, 1])
    await spawn(() => {
      using _hold = condition.lock.hold()
      condition.notifyAll()
    })
    await Promise.all(threads)
    assert.deepEqual(log, [0, 1, 2, 3, 4])
    await notify(1)
    assert.equal(condition.waiting, 0)
  })

  test(`${name}: waitFor asks again at each notification`, async () => {
    using clock = useVirtualClock()
    const condition = create()
    let value = 0
    const waits = [
      spawn(() => {
        using _hold = condition.lock.hold()
        return condition.waitFor(() => value === 2)
      }),
      (async () => {
        using _hold = await condition.lock.holdAsync()
        return await condition.waitForAsync(() => value === 2)
      })(),
      spawn(() => {
        using _hold = condition.lock.hold()
        return condition.waitFor(() => value === 3, 25)
      }),
      (async () => {
        using _hold = await condition.lock.holdAsync()
        return await condition.waitForAsync(() => value === 3, { timeoutMs: 25 })
      })(),
    ]
    await untilParked()
    for (let i = 0; i < 2; i++) {
      await clock.advance(10)
      await spawn(() => {
        using _hold = condition.lock.hold()
        value++
        condition.notifyAll()
      })
    }
    await clock.advance(5)
    assert.deepEqual(await Promise.all(waits), [true, true, false, false])
    assert.equal(clock.pending, 0)
  })

  test(`${name}: what is so already is not waited for`, async () => {
    const condition = create()
    condition.lock.acquire()
    assert.equal(
      condition.waitFor(() => true),
      true,
    )
    condition.lock.release()
    using _hold = await condition.lock.holdAsync()
    assert.equal(await condition.waitForAsync(() => true), true)
  })

  test(`${name}: without the lock nothing works`, async () => {
    const condition = create()
    const isRefused = { code: /^ERR_GT_NOT_(LOCKED|OWNER)$/, message: /^condition\.\w+\(\) was/ }
    for (const call of [
      () => condition.wait(),
      () => condition.waitFor(() => true),
      () => condition.notify(),
      () => condition.notifyAll(),
    ]) {
      assert.throws(call, isRefused)
      await assert.rejects(async () => await spawn(call), isRefused)
    }
    await assert.rejects(condition.waitAsync(), isRefused)
    await assert.rejects(
      condition.waitForAsync(() => true),
      isRefused,
    )
  })

  for (const { name: place, code, callThere } of noSuspension) {
    test(`${name}: a thread that can't be suspended ${place} keeps the lock`, async () => {
      const condition = create()
      const thread = spawn(() => {
        using _hold = condition.lock.hold()
        const next = condition.lock.holdAsync()
        assert.throws(() => callThere(() => condition.wait()), { code })
        assert.equal(condition.lock.waiting, 1)
        assert.equal(condition.waiting, 0)
        return next
      })
      const next = await thread
      next.release()
      assert.equal(condition.lock.isLocked, false)
    })
  }

  test(`${name}: every item is taken once in whatever order threads go on`, async () => {
    await explore(
      () => {
        const condition = create()
        const items: number[] = []
        const taken: number[] = []
        const takers = Array.from({ length: 3 }, () =>
          spawn(() => {
            for (let i = 0; i < 2; i++) {
              using _hold = condition.lock.hold()
              condition.waitFor(() => items.length > 0)
              const item = items[0] as number
              yieldNow()
              items.shift()
              taken.push(item)
            }
          }),
        )
        for (let i = 0; i < 6; i++) {
          using _hold = condition.lock.hold()
          items.push(i)
          condition.notify()
        }
        for (const taker of takers) taker.join()
        assert.deepEqual(taken, [0, 1, 2, 3, 4, 5])
      },
      { runs: 50 },
    )
  })
}

test('an RLock is given up wholly, and taken back as often as it was held', async () => {
  const lock = new RLock()
  const condition = new Condition(lock)
  const thread = spawn(() => {
    using _first = lock.hold()
    using _second = lock.hold()
    condition.wait()
    lock.release()
    const isStillOwned = lock.isOwned
    lock.acquire()
    return isStillOwned
  })
  assert.equal(lock.isLocked, false)
  const task = (async () => {
    using hold = await lock.holdAsync()
    using _again = await lock.holdAsync({ within: hold })
    await condition.waitAsync()
  })()
  await untilParked()
  assert.equal(lock.isLocked, false)
  spawn(() => {
    using _hold = lock.hold()
    condition.notifyAll()
  })
  assert.equal(await thread, true)
  await task
  assert.equal(lock.isLocked, false)
})

test('a thread does nothing with an RLock that async code owns', async () => {
  const condition = new Condition(new RLock())
  using _hold = await condition.lock.holdAsync()
  condition.notify()
  const thread = spawn(() => condition.notify())
  await assert.rejects(async () => await thread, { code: 'ERR_GT_NOT_OWNER' })
})

test('several conditions share one lock', async () => {
  const lock = new Lock()
  const isFull = new Condition(lock)
  const isEmpty = new Condition(lock)
  const log: string[] = []
  const full = spawn(() => {
    using _hold = lock.hold()
    isFull.wait()
    log.push('full')
    isEmpty.notify()
  })
  const empty = spawn(() => {
    using _hold = lock.hold()
    isEmpty.wait()
    log.push('empty')
  })
  spawn(() => {
    using _hold = lock.hold()
    isFull.notify()
  })
  await Promise.all([full, empty])
  assert.deepEqual(log, ['full', 'empty'])
})
