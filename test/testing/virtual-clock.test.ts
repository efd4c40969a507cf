import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { sleep, spawn, TimedOut, wait, withTimeout, yieldNow } from 'greenthreads'
import { clock } from 'greenthreads/lowlevel'
import { untilParked, useVirtualClock } from 'greenthreads/testing'
import { deferred, never } from '../core/deferred.ts'

test('advance fires timers in the order of their times, each at its own', async () => {
  using clock = useVirtualClock()
  const log: string[] = []
  for (const ms of [30, 10, 20, 31]) {
    spawn(() => {
      sleep(ms)
      log.push(`${ms} at ${clock.now()}`)
    })
  }
  await clock.advance(30)
  assert.deepEqual(log, ['10 at 10', '20 at 20', '30 at 30'])
  assert.equal(clock.now(), 30)
  assert.equal(clock.pending, 1)
  await clock.advance(1)
  assert.equal(clock.pending, 0)
})

test('timers for the same time fire in the order in which they were set', async () => {
  using clock = useVirtualClock()
  const log: string[] = []
  for (const name of ['a', 'b', 'c']) {
    spawn(() => {
      sleep(5)
      log.push(name)
    })
  }
  await clock.advance(5)
  assert.deepEqual(log, ['a', 'b', 'c'])
})

test('between two timers everything that became ready runs to its end', async () => {
  using clock = useVirtualClock()
  const log: string[] = []
  const gate = deferred()
  spawn(() => {
    sleep(1)
    gate.resolve()
    yieldNow()
    yieldNow()
    log.push('after two turns')
  })
  spawn(() => {
    wait(gate.promise)
    sleep(0.5)
    log.push(`set on the way, at ${clock.now()}`)
  })
  spawn(() => {
    sleep(2)
    log.push('second timer')
  })
  await clock.advance(2)
  assert.deepEqual(log, ['after two turns', 'set on the way, at 1.5', 'second timer'])
})

test('what is ready runs before the first timer, as it may clear it', async () => {
  using clock = useVirtualClock()
  const thread = spawn(() => withTimeout(10, () => wait(Promise.resolve('in time'))))
  await clock.advance(10)
  assert.equal(await thread, 'in time')
})

test('advanceToNext moves to the next timer, and tells when there is none', async () => {
  using clock = useVirtualClock()
  const threads = [spawn(() => sleep(0.1)), spawn(() => sleep(0.1)), spawn(() => sleep(7))]
  assert.equal(await clock.advanceToNext(), true)
  assert.equal(clock.now(), 0.1)
  assert.deepEqual(
    threads.map(({ state }) => state),
    ['finished', 'finished', 'suspended'],
  )
  assert.equal(await clock.advanceToNext(), true)
  assert.equal(await clock.advanceToNext(), false)
  assert.equal(clock.now(), 7)
})

test('runUntil lets the time pass until a thread has ended, no further', async () => {
  using clock = useVirtualClock()
  const other = spawn(() => sleep(3_600_000))
  const thread = spawn(() => {
    sleep(60_000)
    yieldNow()
    sleep(60_000)
    return 'done'
  })
  assert.equal(await clock.runUntil(thread), 'done')
  assert.equal(clock.now(), 120_000)
  assert.equal(clock.pending, 1)
  other.cancel()
  await untilParked()
  assert.equal(clock.pending, 0)
})

test('runUntil rejects as what it waits for does', async () => {
  using clock = useVirtualClock()
  await assert.rejects(clock.runUntil(spawn(() => withTimeout(50, () => wait(never)))), TimedOut)
  assert.equal(clock.now(), 50)
})

test('runUntil waits for input and output when no timer is set', async () => {
  using clock = useVirtualClock()
  const channel = new MessageChannel()
  const arrival = new Promise<unknown>((resolve) => {
    channel.port1.once('message', resolve)
  })
  const thread = spawn(() => {
    channel.port2.postMessage('from outside')
    const data = wait(arrival)
    sleep(1000)
    return data
  })
  assert.equal(await clock.runUntil(thread), 'from outside')
  assert.equal(clock.now(), 1000)
  channel.port1.close()
})

test('a green thread may move the clock', async () => {
  using clock = useVirtualClock()
  const sleeper = spawn(() => sleep(10))
  const mover = spawn(() => {
    wait(clock.advance(10))
    return sleeper.state
  })
  assert.equal(await mover, 'finished')
})

test('at the end of the block the previous clock is back', async () => {
  const before = clock.now()
  {
    using outer = useVirtualClock()
    await outer.advance(7)
    {
      using inner = useVirtualClock()
      await inner.advance(5)
      assert.equal(clock.now(), 5)
    }
    assert.equal(clock.now(), 7)
  }
  assert.ok(clock.now() >= before)
})

test('a timer stays with the clock that set it', async () => {
  using outer = useVirtualClock()
  const log: string[] = []
  const kept = clock.setTimer(() => log.push('kept'), 10)
  const cleared = clock.setTimer(() => log.push('cleared'), 10)
  {
    using inner = useVirtualClock()
    clock.clearTimer(cleared)
    await inner.advance(10)
    assert.equal(outer.pending, 1)
  }
  await outer.advance(10)
  assert.deepEqual(log, ['kept'])
  clock.clearTimer(kept)
})
