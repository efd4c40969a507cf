import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Cancelled,
  current,
  type GreenThread,
  NotInGreenThreadError,
  spawn,
  TimedOut,
} from 'greenthreads'
import { Greenlet } from 'greenthreads/greenlet'
import { WaitQueue } from 'greenthreads/lowlevel'
import { useVirtualClock } from 'greenthreads/testing'
import { noSuspension } from '../support/no-suspension.ts'

function parkAll<T>(queue: WaitQueue<T>, names: string[], log: string[]): GreenThread[] {
  return names.map((name) =>
    spawn(() => {
      log.push(`${name} got ${queue.park()}`)
    }),
  )
}

test('the one that has waited longest is woken, with what it is handed', async () => {
  const queue = new WaitQueue<number>()
  const log: string[] = []
  const threads = parkAll(queue, ['a', 'b'], log)
  assert.equal(queue.length, 2)
  assert.equal(queue.unparkOne(1), true)
  assert.equal(queue.unparkOne(2), true)
  assert.equal(queue.unparkOne(3), false)
  await Promise.all(threads)
  assert.deepEqual(log, ['a got 1', 'b got 2'])
})

test('all are woken in their order', async () => {
  const queue = new WaitQueue<string>()
  const log: string[] = []
  const threads = parkAll(queue, ['a', 'b', 'c'], log)
  assert.equal(queue.unparkAll('it'), 3)
  await Promise.all(threads)
  assert.deepEqual(log, ['a got it', 'b got it', 'c got it'])
})

test('closing wakes all with an error', async () => {
  const queue = new WaitQueue()
  const threads = [spawn(() => queue.park()), spawn(() => queue.park())]
  const error = new Error('closed')
  const ends = threads.map((thread) => assert.rejects(async () => await thread, error))
  assert.equal(queue.unparkAllWithError(error), 2)
  await Promise.all(ends)
})

test('a cancelled thread leaves the queue, and its place is not handed anything', async () => {
  const queue = new WaitQueue<number>()
  const log: string[] = []
  const [a, b, c] = parkAll(queue, ['a', 'b', 'c'], log) as [GreenThread, GreenThread, GreenThread]
  b.cancel()
  assert.equal(queue.length, 2)
  queue.unparkOne(1)
  queue.unparkOne(2)
  await assert.rejects(async () => await b, Cancelled)
  await Promise.all([a, c])
  assert.deepEqual(log, ['a got 1', 'c got 2'])
})

test('what was handed over before the cancellation is owned', async () => {
  const queue = new WaitQueue<string>()
  const log: string[] = []
  const [thread] = parkAll(queue, ['a'], log) as [GreenThread]
  queue.unparkOne('a permit')
  thread.cancel()
  await thread
  assert.deepEqual(log, ['a got a permit'])
})

test('a wait with a limit leaves the queue when the time is over', async () => {
  using clock = useVirtualClock()
  const queue = new WaitQueue<string>({
    call: 'door.enter()',
    inAsyncCode: 'await door.enterAsync()',
  })
  const late = spawn(() => queue.parkWithin(10))
  const early = spawn(() => queue.parkWithin(1000))
  const end = assert.rejects(
    async () => await late,
    (error) => {
      assert.ok(error instanceof TimedOut)
      assert.equal(error.message, 'door.enter() did not finish within 10 ms')
      return true
    },
  )
  await clock.advance(10)
  await end
  assert.equal(queue.length, 1)
  queue.unparkOne('handed')
  assert.equal(await early, 'handed')
  assert.equal(clock.pending, 0)
})

test('async code and threads wait in one queue', async () => {
  const queue = new WaitQueue<number>()
  const log: string[] = []
  const first = queue.promise().then((n) => log.push(`promise got ${n}`))
  const [second] = parkAll(queue, ['thread'], log)
  queue.unparkOne(1)
  queue.unparkOne(2)
  await Promise.all([first, second])
  assert.deepEqual(log.sort(), ['promise got 1', 'thread got 2'])
})

test('a promise leaves the queue by its signal', async () => {
  const queue = new WaitQueue<number>()
  const controller = new AbortController()
  const served = queue.promise({ signal: controller.signal })
  const left = queue.promise({ signal: controller.signal })
  const late = queue.promise({ signal: AbortSignal.abort(new Error('before')) })
  queue.unparkOne(1)
  controller.abort(new Error('changed my mind'))
  assert.equal(await served, 1)
  await assert.rejects(left, /changed my mind/)
  await assert.rejects(late, /before/)
  assert.equal(queue.length, 0)
})

test('a promise leaves the queue when its time is over', async () => {
  using clock = useVirtualClock()
  const queue = new WaitQueue<number>({
    call: 'door.enter()',
    inAsyncCode: 'await door.enterAsync()',
  })
  const late = queue.promise({ timeoutMs: 10 })
  const served = queue.promise({ timeoutMs: 1000 })
  const end = assert.rejects(late, {
    code: 'ERR_GT_TIMED_OUT',
    message: 'await door.enterAsync() did not finish within 10 ms',
  })
  await clock.advance(10)
  await end
  assert.equal(queue.length, 1)
  queue.unparkOne(1)
  assert.equal(await served, 1)
  assert.equal(clock.pending, 0)
})

test('a limit of no time never suspends, and works on any stack', async () => {
  const queue = new WaitQueue()
  assert.throws(() => queue.parkWithin(0), TimedOut)
  spawn(() => assert.throws(() => queue.parkWithin(0), TimedOut)).join()
  await assert.rejects(queue.promise({ timeoutMs: 0 }), TimedOut)
  assert.equal(queue.length, 0)
})

test('the end of the time may be an answer instead of an error', async () => {
  using clock = useVirtualClock()
  const queue = new WaitQueue<string>()
  const controller = new AbortController()
  const waits = [
    spawn(() => queue.parkOr('too late', 10)),
    queue.promiseOr('too late', { timeoutMs: 10, signal: controller.signal }),
    spawn(() => queue.parkOr('too late', 1000)),
    queue.promiseOr('too late', { timeoutMs: 1000, signal: controller.signal }),
  ]
  const left = queue.promiseOr('too late', { timeoutMs: 1000, signal: controller.signal })
  await clock.advance(10)
  assert.equal(queue.unparkOne('in time'), true)
  assert.equal(queue.unparkOne('in time'), true)
  assert.deepEqual(await Promise.all(waits), ['too late', 'too late', 'in time', 'in time'])
  controller.abort(new Error('enough'))
  await assert.rejects(left, /enough/)
  assert.equal(queue.length, 0)
  assert.equal(clock.pending, 0)
})

test('an answer without waiting is given on any stack', async () => {
  const queue = new WaitQueue<string>()
  assert.equal(queue.parkOr('not now', 0), 'not now')
  assert.equal(await queue.promiseOr('not now', { timeoutMs: 0 }), 'not now')
  assert.equal(queue.length, 0)
})

test('a limit that is no time is refused', async () => {
  const queue = new WaitQueue<string>()
  const isRefused = { code: 'ERR_GT_INVALID_ARGUMENT' }
  assert.throws(() => queue.parkWithin(-1), isRefused)
  assert.throws(() => queue.parkOr('', Number.NaN), isRefused)
  await assert.rejects(queue.promise({ timeoutMs: -1 }), isRefused)
  await assert.rejects(queue.promiseOr('', { timeoutMs: Number.NaN }), isRefused)
  assert.equal(queue.length, 0)
})

test('whether the running code could park is known before', async () => {
  const queue = new WaitQueue({ call: 'door.enter()', inAsyncCode: 'await door.enterAsync()' })
  assert.throws(() => queue.checkCanPark(), { code: 'ERR_GT_NOT_IN_GREEN_THREAD' })
  const thread = spawn(() => {
    queue.checkCanPark()
    current()?.cancel()
    queue.checkCanPark()
  })
  await assert.rejects(async () => await thread, Cancelled)
})

for (const { name, code, callThere } of noSuspension) {
  test(`${name} it is known before that the running code could not park`, () => {
    const queue = new WaitQueue()
    const thread = spawn(() => {
      assert.throws(() => callThere(() => queue.checkCanPark()), { code })
      queue.checkCanPark()
    })
    thread.join()
  })
}

test('in a greenlet it is known, too', () => {
  const queue = new WaitQueue()
  for (const { code, callThere } of noSuspension) {
    const thread = spawn(() =>
      new Greenlet(() => {
        assert.throws(() => callThere(() => queue.checkCanPark()), { code })
        queue.checkCanPark()
      }).switch(),
    )
    thread.join()
  }
})

test('what somebody brings along leaves the queue with him', async () => {
  const queue = new WaitQueue<string, string>()
  const thread = spawn(() => queue.park("a thread's"))
  const promise = queue.promise({}, "a promise's")
  assert.equal(queue.firstOffer, "a thread's")
  thread.cancel()
  assert.equal(queue.firstOffer, "a promise's")
  queue.unparkOne('thanks')
  assert.equal(queue.firstOffer, undefined)
  assert.equal(await promise, 'thanks')
  await assert.rejects(async () => await thread, Cancelled)
})

test('on the main stack the error names the call, and what async code calls', () => {
  const queue = new WaitQueue({ call: 'door.enter()', inAsyncCode: 'await door.enterAsync()' })
  assert.throws(
    () => queue.park(),
    (error) => {
      assert.ok(error instanceof NotInGreenThreadError)
      assert.match(error.message, /^door\.enter\(\) was called on the main stack/)
      assert.match(error.message, /or, in async code: +await door\.enterAsync\(\)/)
      return true
    },
  )
  assert.equal(queue.length, 0)
})
