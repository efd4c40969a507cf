import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Cancelled,
  current,
  shield,
  spawn,
  TimedOut,
  wait,
  withTimeout,
  yieldNow,
} from 'greenthreads'
import { assertNoThreadsLeft, explore, untilParked, useVirtualClock } from 'greenthreads/testing'
import { deferred } from '../core/deferred.ts'
import { callUnderWatchdog } from '../support/no-suspension.ts'
import { exclusions } from './exclusion.ts'

for (const { name, create } of exclusions) {
  test(`${name}: a free one is acquired on the main stack, in threads and in async code`, async () => {
    const lock = create()
    assert.equal(lock.acquire(), true)
    lock.release()
    spawn(() => {
      assert.equal(lock.acquire(), true)
      lock.release()
    }).join()
    const hold = await lock.holdAsync()
    hold.release()
    assert.equal(lock.tryAcquire(), true)
    lock.release()
  })

  test(`${name}: one is inside at a time`, async () => {
    const lock = create()
    let inside = 0
    let most = 0
    const work = (): void => {
      using _hold = lock.hold()
      most = Math.max(most, ++inside)
      yieldNow()
      inside--
    }
    await Promise.all(Array.from({ length: 10 }, () => spawn(work)))
    assert.equal(most, 1)
  })

  test(`${name}: one is inside at a time in whatever order threads go on`, async () => {
    await explore(
      () => {
        const lock = create()
        let isInside = false
        const threads = Array.from({ length: 4 }, (_, i) =>
          spawn(() => {
            for (let round = 0; round < 3; round++) {
              using _hold = lock.hold()
              assert.equal(isInside, false)
              isInside = true
              yieldNow()
              isInside = false
              if (i === round) current()?.cancel()
            }
          }),
        )
        for (const thread of threads) {
          try {
            thread.join()
          } catch (error) {
            if (!(error instanceof Cancelled)) throw error
          }
        }
        assert.equal(lock.tryAcquire(), true)
      },
      { runs: 50 },
    )
  })

  test(`${name}: threads and async code get it in the order in which they asked`, async () => {
    const lock = create()
    const order: number[] = []
    const first = await lock.holdAsync()
    const ends = Array.from({ length: 20 }, async (_, i) => {
      if (i % 2 === 0) {
        await spawn(() => {
          using _hold = lock.hold()
          order.push(i)
          wait(Promise.resolve())
        })
      } else {
        using _hold = await lock.holdAsync()
        order.push(i)
        await Promise.resolve()
      }
    })
    assert.equal(lock.waiting, 20)
    first.release()
    await Promise.all(ends)
    assert.deepEqual(order, [...Array(20).keys()])
  })

  test(`${name}: a newcomer can't overtake the one that it is handed to`, async () => {
    const lock = create()
    const first = await lock.holdAsync()
    const second = spawn(() => lock.hold())
    first.release()
    assert.equal(lock.tryAcquire(), false)
    const hold = await second
    assert.equal(lock.waiting, 0)
    hold.release()
  })

  test(`${name}: a hold releases once, also when the block throws`, async () => {
    const lock = create()
    const thread = spawn(() => {
      using hold = lock.hold()
      hold.release()
      hold.release()
      assert.equal(lock.tryAcquire(), true)
      throw new Error('in the block')
    })
    await assert.rejects(async () => await thread, /in the block/)
    assert.equal(lock.tryAcquire(), false, 'the second acquisition is not released by the hold')
  })

  test(`${name}: when the time is over acquire returns false and hold throws`, async () => {
    using clock = useVirtualClock()
    const lock = create()
    using _held = await lock.holdAsync()
    const acquiring = spawn(() => lock.acquire(10))
    const holding = spawn(() => lock.hold(10))
    const holdingAsync = lock.holdAsync({ timeoutMs: 10 })
    const ends = [
      assert.rejects(async () => await holding, { code: 'ERR_GT_TIMED_OUT', timeoutMs: 10 }),
      assert.rejects(holdingAsync, { code: 'ERR_GT_TIMED_OUT', timeoutMs: 10 }),
    ]
    assert.equal(lock.waiting, 3)
    await clock.advance(10)
    assert.equal(await acquiring, false)
    await Promise.all(ends)
    assert.equal(lock.waiting, 0)
    assert.equal(clock.pending, 0)
  })

  test(`${name}: a limit of no time never suspends`, async () => {
    const lock = create()
    const held = await lock.holdAsync()
    assert.equal(lock.acquire(0), false)
    assert.throws(() => lock.hold(0), TimedOut)
    await assert.rejects(lock.holdAsync({ timeoutMs: 0 }), TimedOut)
    held.release()
    assert.equal(lock.acquire(0), true)
  })

  test(`${name}: a limit that is no time is refused even when it is free`, async () => {
    const lock = create()
    assert.throws(() => lock.acquire(-1), { code: 'ERR_GT_INVALID_ARGUMENT' })
    assert.throws(() => lock.hold(Number.NaN), { code: 'ERR_GT_INVALID_ARGUMENT' })
    await assert.rejects(lock.holdAsync({ timeoutMs: -1 }), { code: 'ERR_GT_INVALID_ARGUMENT' })
    assert.equal(lock.tryAcquire(), true)
  })

  test(`${name}: those who time out or are cancelled get nothing, and leave the queue`, async () => {
    using clock = useVirtualClock()
    const lock = create()
    const held = await lock.holdAsync()
    const controller = new AbortController()
    const late = spawn(() => lock.acquire(10))
    const cancelled = spawn(() => lock.acquire())
    const aborted = lock.holdAsync({ signal: controller.signal })
    const overdue = spawn(() => withTimeout(10, () => lock.acquire()))
    const patient = spawn(() => lock.acquire())
    const ends = [
      assert.rejects(async () => await cancelled, Cancelled),
      assert.rejects(aborted, /not any more/),
      assert.rejects(async () => await overdue, TimedOut),
    ]
    cancelled.cancel()
    controller.abort(new Error('not any more'))
    await clock.advance(10)
    await Promise.all(ends)
    assert.equal(await late, false)
    assert.equal(lock.waiting, 1)
    held.release()
    assert.equal(await patient, true)
    assert.equal(clock.pending, 0)
  })

  test(`${name}: what is handed over at the moment of a cancellation is not lost`, async () => {
    const lock = create()
    const held = await lock.holdAsync()
    const log: string[] = []
    const thread = spawn(() => {
      using _hold = lock.hold()
      log.push('inside')
      wait(Promise.resolve())
      log.push('not reached')
    })
    held.release()
    thread.cancel()
    await assert.rejects(async () => await thread, Cancelled)
    assert.deepEqual(log, ['inside'])
    assert.equal(lock.tryAcquire(), true)
  })

  test(`${name}: what is cancelled at the moment of a release goes to the next`, async () => {
    const lock = create()
    const held = await lock.holdAsync()
    const first = spawn(() => lock.acquire())
    const second = spawn(() => lock.acquire())
    first.cancel()
    held.release()
    await assert.rejects(async () => await first, Cancelled)
    assert.equal(await second, true)
  })

  test(`${name}: a signal that has aborted rejects even when it is free`, async () => {
    const lock = create()
    const signal = AbortSignal.abort(new Error('before'))
    await assert.rejects(lock.holdAsync({ signal }), /before/)
    assert.equal(lock.tryAcquire(), true)
  })

  test(`${name}: a thread that is cancelled acquires what is free`, async () => {
    const lock = create()
    const thread = spawn(() => {
      current()?.cancel()
      return lock.acquire()
    })
    assert.equal(await thread, true)
  })

  test(`${name}: where it would have to wait on the main stack the error names the twin`, async () => {
    const lock = create()
    using _held = await lock.holdAsync()
    for (const call of [() => lock.acquire(), () => lock.acquire(10), () => lock.hold()]) {
      assert.throws(call, { code: 'ERR_GT_NOT_IN_GREEN_THREAD', message: /await .*Async\(\)/ })
    }
    assert.equal(lock.waiting, 0)
  })

  test(`${name}: a thread that can't be suspended gets nothing, and leaves the queue`, async () => {
    const lock = create()
    const held = await lock.holdAsync()
    const thread = spawn(() => callUnderWatchdog(() => lock.acquire()))
    await assert.rejects(async () => await thread, { code: 'ERR_GT_CANNOT_SUSPEND_VM_TIMEOUT' })
    assert.equal(lock.waiting, 0)
    held.release()
    assert.equal(lock.tryAcquire(), true)
  })

  test(`${name}: a thread waits for it in its cleanup under a shield`, async () => {
    const lock = create()
    const held = await lock.holdAsync()
    const gate = deferred()
    const log: string[] = []
    const thread = spawn(() => {
      try {
        wait(gate.promise)
      } finally {
        shield(() => {
          using _hold = lock.hold()
          log.push('cleaned up')
        })
      }
    })
    thread.cancel()
    await untilParked()
    held.release()
    await assert.rejects(async () => await thread, Cancelled)
    assert.deepEqual(log, ['cleaned up'])
  })

  test(`${name}: a thousand that give up leave nothing behind`, async () => {
    const lock = create()
    const held = await lock.holdAsync()
    const threads = Array.from({ length: 1000 }, () => spawn(() => lock.acquire()))
    assert.equal(lock.waiting, 1000)
    const ends = Promise.allSettled(threads)
    for (const thread of threads) thread.cancel()
    await ends
    assert.equal(lock.waiting, 0)
    assertNoThreadsLeft()
    held.release()
    assert.equal(lock.tryAcquire(), true)
  })
}
