import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Cancelled, Channel, NotInGreenThreadError, spawn, TimedOut, wait } from 'greenthreads'
import { assertNoThreadsLeft, untilParked, useVirtualClock } from 'greenthreads/testing'
import { collectFull } from '../support/garbage.ts'
import { collect } from './collect.ts'

after(() => assertNoThreadsLeft())

test('without a capacity a sender waits until its item is received', async () => {
  const channel = new Channel<string>()
  const log: string[] = []
  const sender = spawn(() => {
    channel.send('a')
    log.push('a is sent')
    channel.send('b')
    log.push('b is sent')
  })
  await untilParked()
  assert.equal(log.length, 0)
  assert.equal(channel.length, 0)
  const received = spawn(() => {
    const item = channel.receive()
    log.push(`received ${item}`)
    return item
  })
  assert.equal(await received, 'a')
  await untilParked()
  assert.deepEqual(log, ['received a', 'a is sent'])
  assert.equal(channel.tryReceive()?.value, 'b')
  await sender
})

test('a bounded channel lets senders wait when it is full, and takes their items in order', async () => {
  const channel = new Channel<number>({ capacity: 2 })
  const sent: number[] = []
  const senders = [1, 2, 3, 4].map((item) =>
    spawn(() => {
      channel.send(item)
      sent.push(item)
    }),
  )
  assert.deepEqual(sent, [1, 2])
  assert.equal(channel.length, 2)
  assert.equal(channel.trySend(5), false)
  assert.equal(channel.receive(), 1)
  assert.equal(channel.length, 2, 'the item that waited longest moves up')
  await untilParked()
  assert.deepEqual(sent, [1, 2, 3])
  assert.deepEqual(channel.drain(), [2, 3, 4])
  await Promise.all(senders)
})

test('senders to an unbounded channel never wait', () => {
  const channel = new Channel<number>({ capacity: Number.POSITIVE_INFINITY })
  for (let i = 0; i < 10_000; i++) channel.send(i)
  assert.equal(channel.length, 10_000)
  for (let i = 0; i < 10_000; i++) assert.equal(channel.receive(), i)
})

test('receivers are served in the order in which they came', async () => {
  const channel = new Channel<string>({ capacity: 5 })
  const received: string[] = []
  const receivers = [0, 1, 2].map((number) =>
    spawn(() => received.push(`${number}: ${channel.receive()}`)),
  )
  const async = channel.receiveAsync().then((item) => received.push(`async: ${item}`))
  for (const item of ['a', 'b', 'c', 'd']) channel.send(item)
  assert.equal(channel.length, 0)
  await Promise.all([...receivers, async])
  assert.deepEqual(received.toSorted(), ['0: a', '1: b', '2: c', 'async: d'])
})

test('threads and async code use one channel', async () => {
  const channel = new Channel<number>({ capacity: 1 })
  const asyncSender = (async () => {
    for (const item of [1, 2, 3]) await channel.sendAsync(item)
  })()
  assert.deepEqual(
    await spawn(() => [channel.receive(), channel.receive(), channel.receive()]),
    [1, 2, 3],
  )
  await asyncSender

  const sender = spawn(() => {
    for (const item of [4, 5, 6]) channel.send(item)
    channel.close()
  })
  const items: number[] = []
  for await (const item of channel) items.push(item)
  assert.deepEqual(items, [4, 5, 6])
  await sender
})

test('undefined is an item like any other', async () => {
  const channel = new Channel<undefined>({ capacity: 2 })
  channel.send(undefined)
  assert.deepEqual(channel.peek(), { value: undefined })
  assert.deepEqual(channel.tryReceive(), { value: undefined })
  assert.equal(channel.peek(), undefined)
  assert.equal(channel.tryReceive(), undefined)
  const received = spawn(() => channel.receive())
  assert.equal(channel.trySend(undefined), true)
  assert.equal(await received, undefined)
})

test('peek shows the item of a waiting sender too', async () => {
  const channel = new Channel<string>()
  const sender = spawn(() => channel.send('a'))
  assert.deepEqual(channel.peek(), { value: 'a' })
  assert.equal(channel.receive(), 'a')
  await sender
})

test('a receiver whose time is over does not eat an item', async () => {
  using clock = useVirtualClock()
  const channel = new Channel<string>()
  const late = assert.rejects(async () => await spawn(() => channel.receive(10)), {
    code: 'ERR_GT_TIMED_OUT',
    message: 'channel.receive() did not finish within 10 ms',
  })
  const lateAsync = assert.rejects(channel.receiveAsync({ timeoutMs: 10 }), TimedOut)
  const patient = spawn(() => channel.receive())
  await clock.advance(10)
  await Promise.all([late, lateAsync])
  assert.equal(channel.trySend('for the patient one'), true)
  assert.equal(await patient, 'for the patient one')
})

test('a cancelled receiver does not eat an item', async () => {
  const channel = new Channel<string>({ capacity: 1 })
  const cancelled = spawn(() => channel.receive())
  const controller = new AbortController()
  const aborted = assert.rejects(channel.receiveAsync({ signal: controller.signal }), /enough/)
  cancelled.cancel()
  controller.abort(new Error('enough'))
  channel.send('a')
  await aborted
  await assert.rejects(async () => await cancelled, Cancelled)
  assert.equal(channel.receive(), 'a')
})

test('a receiver that is cancelled after it was handed an item has received it', async () => {
  const channel = new Channel<string>()
  const receiver = spawn(() => channel.receive())
  channel.send('a')
  receiver.cancel()
  assert.equal(await receiver, 'a')
})

test('the item of a sender that gave up is never received', async () => {
  using clock = useVirtualClock()
  const channel = new Channel<string>({ capacity: 1 })
  channel.send('first')
  const controller = new AbortController()
  const ends = [
    assert.rejects(async () => await spawn(() => channel.send('late', 10)), TimedOut),
    assert.rejects(channel.sendAsync('late', { timeoutMs: 10 }), TimedOut),
    assert.rejects(channel.sendAsync('aborted', { signal: controller.signal }), /enough/),
  ]
  const cancelled = spawn(() => channel.send('cancelled'))
  const last = spawn(() => channel.send('last'))
  cancelled.cancel()
  controller.abort(new Error('enough'))
  await clock.advance(10)
  await Promise.all(ends)
  await assert.rejects(async () => await cancelled, Cancelled)
  assert.deepEqual(channel.drain(), ['first', 'last'])
  await last
})

test('an aborted signal takes no item, even if there is one', async () => {
  const channel = new Channel<string>({ capacity: 1 })
  const options = { signal: AbortSignal.abort(new Error('before')) }
  await assert.rejects(channel.sendAsync('a', options), /before/)
  assert.equal(channel.length, 0)
  channel.send('b')
  await assert.rejects(channel.receiveAsync(options), /before/)
  assert.equal(channel.length, 1)
})

test('with no time at all nothing suspends', async () => {
  const channel = new Channel<string>({ capacity: 1 })
  assert.throws(() => channel.receive(0), TimedOut)
  channel.send('a', 0)
  assert.throws(() => channel.send('b', 0), TimedOut)
  assert.equal(channel.receive(0), 'a')
  await assert.rejects(channel.receiveAsync({ timeoutMs: 0 }), TimedOut)
})

test('on the main stack what would have to wait names its form for async code', () => {
  const channel = new Channel<number>()
  assert.throws(
    () => channel.send(1),
    (error) => {
      assert.ok(error instanceof NotInGreenThreadError)
      assert.match(error.message, /^channel\.send\(\) was called .*await channel\.sendAsync/s)
      return true
    },
  )
  assert.throws(() => channel.receive(), /await channel\.receiveAsync\(\)/)
  assert.throws(() => collect(channel), NotInGreenThreadError)
  assert.equal(channel.peek(), undefined)
})

test('10,000 items pass between threads in order', async () => {
  for (const capacity of [0, 1, 7, Number.POSITIVE_INFINITY]) {
    const channel = new Channel<number>({ capacity })
    const sender = spawn(() => {
      for (let i = 0; i < 10_000; i++) channel.send(i)
      channel.close()
    })
    const count = spawn(() => {
      let expected = 0
      for (const item of channel) assert.equal(item, expected++)
      return expected
    })
    assert.equal(await count, 10_000)
    await sender
  }
})

test('a channel in use keeps nothing of what passed through it', async () => {
  const channel = new Channel<object>({ capacity: 4 })
  const refs: WeakRef<object>[] = []
  const sender = spawn(() => {
    for (let i = 0; i < 10_000; i++) {
      const item = { i }
      if (i % 100 === 0) refs.push(new WeakRef(item))
      channel.send(item)
    }
  })
  const receiver = spawn(() => {
    for (let i = 0; i < 10_000; i++) channel.receive()
    wait(untilParked())
  })
  await Promise.all([sender, receiver])
  await untilParked()
  collectFull()
  assert.equal(refs.length, 100)
  assert.equal(refs.filter((ref) => ref.deref() !== undefined).length, 0)
  assert.equal(channel.length, 0)
})
