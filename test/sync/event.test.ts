import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancelled, Event, spawn } from 'greenthreads'
import { untilParked, useVirtualClock } from 'greenthreads/testing'

test('all that wait go on when it is set', async () => {
  const event = new Event()
  const log: string[] = []
  const waits = [
    spawn(() => event.wait() && log.push('thread')),
    event.waitAsync().then(() => log.push('task')),
  ]
  await untilParked()
  assert.deepEqual(log, [])
  event.set()
  await Promise.all(waits)
  assert.deepEqual(log.sort(), ['task', 'thread'])
})

test('a thousand that wait are woken in their order though it is cleared again at once', async () => {
  const event = new Event()
  const log: number[] = []
  const threads = Array.from({ length: 1000 }, (_, i) =>
    spawn(() => {
      event.wait()
      log.push(i)
    }),
  )
  assert.equal(event.waiting, 1000)
  event.set()
  event.clear()
  assert.equal(event.isSet, false)
  assert.equal(event.waiting, 0)
  await Promise.all(threads)
  assert.deepEqual(log, [...Array(1000).keys()])
})

test('one that is set lets everybody through, on any stack, until it is cleared', async () => {
  const event = new Event()
  event.set()
  assert.equal(event.isSet, true)
  assert.equal(event.wait(), true)
  assert.equal(await event.waitAsync(), true)
  assert.equal(spawn(() => event.wait()).state, 'finished')
  event.clear()
  assert.equal(event.wait(0), false)
  const thread = spawn(() => event.wait())
  assert.equal(thread.state, 'suspended')
  event.set()
  assert.equal(await thread, true)
})

test('one that waits again after it was woken waits for the next time', async () => {
  const event = new Event()
  let rounds = 0
  const thread = spawn(() => {
    for (; rounds < 3; rounds++) event.wait()
  })
  for (let round = 1; round <= 3; round++) {
    event.set()
    event.clear()
    await untilParked()
    assert.equal(rounds, round)
  }
  await thread
})

test('when the time is over it returns false, and the others still wait', async () => {
  using clock = useVirtualClock()
  const event = new Event()
  const late = [spawn(() => event.wait(10)), event.waitAsync({ timeoutMs: 10 })]
  const inTime = [spawn(() => event.wait(20)), event.waitAsync({ timeoutMs: 20 })]
  await clock.advance(10)
  assert.deepEqual(await Promise.all(late), [false, false])
  assert.equal(event.waiting, 2)
  event.set()
  assert.deepEqual(await Promise.all(inTime), [true, true])
  assert.equal(clock.pending, 0)
})

test('those who are cancelled leave it', async () => {
  const event = new Event()
  const controller = new AbortController()
  const thread = spawn(() => event.wait())
  const task = event.waitAsync({ signal: controller.signal })
  thread.cancel()
  controller.abort(new Error('not any more'))
  assert.equal(event.waiting, 0)
  await assert.rejects(task, /not any more/)
  await assert.rejects(async () => await thread, Cancelled)
})

test('on the main stack the error names the twin', () => {
  assert.throws(() => new Event().wait(), {
    code: 'ERR_GT_NOT_IN_GREEN_THREAD',
    message: /await event\.waitAsync\(\)/,
  })
})

test('a limit that is no time is refused even when it is set', async () => {
  const event = new Event()
  event.set()
  assert.throws(() => event.wait(-1), { code: 'ERR_GT_INVALID_ARGUMENT' })
  await assert.rejects(event.waitAsync({ timeoutMs: -1 }), { code: 'ERR_GT_INVALID_ARGUMENT' })
})
