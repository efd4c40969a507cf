import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { type Deadline, shield, sleep, spawn, TimedOut, wait, withTimeout } from 'greenthreads'
import { untilParked, useVirtualClock, type VirtualClock } from 'greenthreads/testing'
import { deferred, never } from './deferred.ts'

let clock: VirtualClock
beforeEach(() => {
  clock = useVirtualClock()
})
afterEach(() => {
  assert.equal(clock.pending, 0, 'every timer is cleared')
  clock.restore()
})

test('the result is returned when it comes in time', async () => {
  const thread = spawn(() =>
    withTimeout(100, () => {
      sleep(99)
      return 'in time'
    }),
  )
  await clock.advance(99)
  assert.equal(await thread, 'in time')
})

test('TimedOut is thrown where the thread is suspended when the time is over', async () => {
  const log: string[] = []
  const thread = spawn(() => {
    try {
      return withTimeout(100, () => {
        try {
          return wait(never)
        } finally {
          log.push('inner finally')
        }
      })
    } catch (error) {
      assert.ok(error instanceof TimedOut)
      assert.equal(error.code, 'ERR_GT_TIMED_OUT')
      assert.equal(error.timeoutMs, 100)
      return 'timed out'
    }
  })
  await clock.advance(99)
  assert.equal(thread.state, 'suspended')
  await clock.advance(1)
  assert.equal(await thread, 'timed out')
  assert.deepEqual(log, ['inner finally'])
})

test('an async function is limited as well', async () => {
  const thread = spawn(() => withTimeout(5, async () => await never))
  const end = assert.rejects(async () => await thread, TimedOut)
  await clock.advance(5)
  await end
})

test('after the block, the deadline is forgotten', async () => {
  const thread = spawn(() => {
    withTimeout(10, () => sleep(5))
    sleep(100)
    return 'fine'
  })
  await clock.advance(200)
  assert.equal(await thread, 'fine')
})

test('deadlines nest, and each knows its own error', async () => {
  const log: string[] = []
  let outer: Deadline | undefined
  const thread = spawn(() => {
    try {
      withTimeout(100, (deadline) => {
        outer = deadline
        try {
          withTimeout(50, (inner) => {
            try {
              wait(never)
            } catch (error) {
              log.push(`inner: ${inner.isMine(error)}, outer: ${deadline.isMine(error)}`)
              throw error
            }
          })
        } catch {
          log.push('the outer deadline is still to come')
        }
        wait(never)
      })
    } catch (error) {
      log.push(`outer: ${outer?.isMine(error)}`)
    }
  })
  await clock.advance(50)
  await clock.advance(50)
  await thread
  assert.deepEqual(log, [
    'inner: true, outer: false',
    'the outer deadline is still to come',
    'outer: true',
  ])
})

test('an outer deadline that passes first ends the inner block too', async () => {
  const thread = spawn(() => {
    try {
      withTimeout(10, (outer) => {
        try {
          withTimeout(1000, () => wait(never))
        } catch (error) {
          return assert.ok(outer.isMine(error))
        }
      })
    } finally {
      assert.equal(clock.pending, 0)
    }
  })
  await clock.advance(10)
  await thread
})

test('a swallowed TimedOut comes again at the next suspension', async () => {
  let count = 0
  const thread = spawn(() =>
    withTimeout(10, () => {
      for (let i = 0; i < 3; i++) {
        try {
          wait(never)
        } catch {
          count++
        }
      }
      return 'returned in spite of it'
    }),
  )
  await clock.advance(10)
  assert.equal(await thread, 'returned in spite of it')
  assert.equal(count, 3)
})

test('a loop of sleep(0) times out', async () => {
  const thread = spawn(() =>
    withTimeout(20, () => {
      for (;;) sleep(1)
    }),
  )
  const end = assert.rejects(async () => await thread, TimedOut)
  await clock.advance(30)
  await end
})

test('a shield keeps an outer deadline away, not one inside of it', async () => {
  const gate = deferred()
  const log: string[] = []
  const thread = spawn(() => {
    withTimeout(10, () => {
      shield(() => {
        try {
          withTimeout(20, () => wait(never))
        } catch {
          log.push('inner deadline')
        }
        wait(gate.promise)
        log.push('shielded to the end')
      })
      wait(Promise.resolve())
    })
  })
  await clock.advance(20)
  await untilParked()
  assert.deepEqual(log, ['inner deadline'])
  gate.resolve()
  await assert.rejects(async () => await thread, TimedOut)
  assert.deepEqual(log, ['inner deadline', 'shielded to the end'])
})

test('the signal of a deadline aborts when the time is over, or the thread is cancelled', async () => {
  const signals: AbortSignal[] = []
  const body = (): unknown =>
    withTimeout(10, ({ signal }) => {
      signals.push(signal)
      return wait(never)
    })
  const slow = spawn(body)
  const cancelled = spawn(body)
  cancelled.cancel('gone')
  await assert.rejects(async () => await cancelled)
  assert.equal(signals[1]?.reason.cause, 'gone')
  assert.equal(signals[0]?.aborted, false)
  const end = assert.rejects(
    async () => await slow,
    (error) => error === signals[0]?.reason,
  )
  await clock.advance(10)
  await end
})

test('join waits for a limited time; the thread goes on', async () => {
  const gate = deferred<string>()
  const worker = spawn(() => wait(gate.promise))
  const joiner = spawn(() => {
    assert.throws(() => worker.join(30), {
      code: 'ERR_GT_TIMED_OUT',
      message: /join\(\) of green thread .* did not finish within 30 ms/,
    })
    return worker.join(30)
  })
  await clock.advance(30)
  gate.resolve('done')
  assert.equal(await joiner, 'done')
  assert.equal(worker.state, 'finished')
})

test('Infinity sets no timer, and a wrong limit is named', async () => {
  await spawn(() => {
    withTimeout(Number.POSITIVE_INFINITY, () => assert.equal(clock.pending, 0))
    const code = 'ERR_GT_INVALID_ARGUMENT'
    assert.throws(() => withTimeout(-1, () => {}), { code, message: /got -1$/ })
    assert.throws(() => withTimeout(Number.NaN, () => {}), { code })
    assert.throws(() => sleep(2 ** 31), { code })
  })
  assert.throws(() => withTimeout(1, () => {}), { code: 'ERR_GT_NOT_IN_GREEN_THREAD' })
})
