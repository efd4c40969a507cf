import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancelled, type GreenThread, sleep, spawn, wait, yieldNow } from 'greenthreads'
import { useVirtualClock } from 'greenthreads/testing'
import { deferred } from './deferred.ts'

test('sleep suspends for the given time, and threads wake in the order of their times', async () => {
  using clock = useVirtualClock()
  const log: string[] = []
  const threads = [30, 10, 20].map((ms) =>
    spawn(() => {
      sleep(ms)
      log.push(`${ms} at ${clock.now()}`)
    }),
  )
  await clock.advance(30)
  await Promise.all(threads)
  assert.deepEqual(log, ['10 at 10', '20 at 20', '30 at 30'])
})

test('sleep uses the timers of the system by default', async () => {
  assert.equal(await spawn(() => sleep(1)), undefined)
})

test('yieldNow lets the others go on: 1A 2A 1B 2B', async () => {
  const log: string[] = []
  const work = (name: number): void => {
    log.push(`${name}A`)
    yieldNow()
    log.push(`${name}B`)
  }
  await Promise.all([spawn(work, 1), spawn(work, 2)])
  assert.deepEqual(log, ['1A', '2A', '1B', '2B'])
})

test('a loop of yieldNow does not keep timers and other threads from running', async () => {
  let isFired = false
  setTimeout(() => {
    isFired = true
  }, 0)
  const spinning = spawn(() => {
    let rounds = 0
    for (; !isFired; rounds++) yieldNow()
    return rounds
  })
  const other = spawn(() => {
    wait(Promise.resolve())
    return isFired
  })
  assert.equal(await other, false)
  assert.ok((await spinning) >= 1)
})

test('outside of a thread both say what to write in async code', () => {
  const code = 'ERR_GT_NOT_IN_GREEN_THREAD'
  assert.throws(() => sleep(1), { code, message: /node:timers\/promises/ })
  assert.throws(() => yieldNow(), { code, message: /setImmediate/ })
})

test('a thread that sleeps before its work is a timer: cancelled in time, it does nothing', async () => {
  using clock = useVirtualClock()
  const gate = deferred()
  const log: string[] = []
  const later = (ms: number, name: string): GreenThread<void> =>
    spawn(() => {
      sleep(ms)
      log.push(`${name} begins`)
      wait(gate.promise)
      log.push(`${name} ends`)
    })
  const [rung, stopped, late] = [later(10, 'rung'), later(10, 'stopped'), later(10, 'late')]
  stopped.cancel()
  assert.equal(clock.pending, 2)
  await clock.advance(10)
  assert.deepEqual(log, ['rung begins', 'late begins'])
  gate.resolve()
  await Promise.all([rung, late])
  late.cancel()
  await assert.rejects(async () => await stopped, Cancelled)
  assert.deepEqual(log, ['rung begins', 'late begins', 'rung ends', 'late ends'])
})
