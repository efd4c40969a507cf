import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Cancelled,
  ChannelClosedError,
  spawn,
  TaskChannel,
  TimedOut,
  TooManyTasksDoneError,
  wait,
} from 'greenthreads'
import { untilParked, useVirtualClock } from 'greenthreads/testing'

test('joinTasks waits until every item that was sent is done', async () => {
  const channel = new TaskChannel<number>()
  const done: number[] = []
  const worker = spawn(() => {
    for (const item of channel) {
      wait(untilParked())
      done.push(item)
      channel.taskDone()
    }
  })
  for (const item of [1, 2, 3]) channel.send(item)
  const joined = spawn(() => {
    channel.joinTasks()
    return [...done]
  })
  const joinedAsync = channel.joinTasksAsync().then(() => [...done])
  assert.deepEqual(await joined, [1, 2, 3])
  assert.deepEqual(await joinedAsync, [1, 2, 3])
  assert.equal(channel.unfinished, 0)
  channel.joinTasks()
  await channel.joinTasksAsync()
  channel.close()
  await worker
})

test('joinTasks may have a limit of time', async () => {
  using clock = useVirtualClock()
  const channel = new TaskChannel<number>()
  channel.send(1)
  const ends = [
    assert.rejects(async () => await spawn(() => channel.joinTasks(10)), TimedOut),
    assert.rejects(channel.joinTasksAsync({ timeoutMs: 10 }), TimedOut),
  ]
  await clock.advance(10)
  await Promise.all(ends)
  assert.throws(() => channel.joinTasks(), /await channel\.joinTasksAsync\(\)/)
})

test('an item that was not sent is nobody to wait for', async () => {
  const channel = new TaskChannel<number>({ capacity: 1 })
  channel.send(1)
  assert.equal(channel.trySend(2), false)
  const cancelled = spawn(() => channel.send(3))
  const controller = new AbortController()
  const aborted = assert.rejects(channel.sendAsync(4, { signal: controller.signal }), /enough/)
  assert.equal(channel.unfinished, 3)
  cancelled.cancel()
  controller.abort(new Error('enough'))
  await assert.rejects(async () => await cancelled, Cancelled)
  await aborted
  assert.equal(channel.unfinished, 1)
  channel.close()
  assert.throws(() => channel.trySend(5), ChannelClosedError)
  assert.equal(channel.unfinished, 1)
})

test('what is drained counts as done', async () => {
  const channel = new TaskChannel<number>({ capacity: 1 })
  channel.send(1)
  const waiting = spawn(() => channel.send(2))
  const joined = spawn(() => channel.joinTasks())
  assert.deepEqual(channel.drain(), [1, 2])
  await Promise.all([waiting, joined])
  assert.equal(channel.unfinished, 0)
})

test('close and drain at once end all who wait, and nothing is left to do', async () => {
  const channel = new TaskChannel<number>({ capacity: 1 })
  channel.send(1)
  const sender = spawn(() => channel.send(2))
  const joined = spawn(() => channel.joinTasks())
  const empty = new TaskChannel<number>()
  const receiver = spawn(() => empty.receive())
  for (const one of [channel, empty]) {
    one.close()
    one.drain()
  }
  for (const thread of [sender, receiver])
    await assert.rejects(async () => await thread, ChannelClosedError)
  await joined
  assert.equal(channel.unfinished, 0)
  assert.equal(channel.tryReceive(), undefined)
})

test('a rendezvous counts its item until it is done', async () => {
  const channel = new TaskChannel<number>({ capacity: 0 })
  const receiver = spawn(() => channel.receive())
  await channel.sendAsync(1)
  assert.equal(channel.unfinished, 1)
  assert.equal(await receiver, 1)
  channel.taskDone()
  assert.equal(channel.unfinished, 0)
})

test('taskDone more often than items were sent is an error', () => {
  const channel = new TaskChannel<number>()
  assert.throws(() => channel.taskDone(), { code: 'ERR_GT_TOO_MANY_TASKS_DONE' })
})

test('what was said to be done before it was received is not counted twice', async () => {
  using clock = useVirtualClock()
  const channel = new TaskChannel<number>({ capacity: 1 })
  channel.send(1)
  const sender = spawn(() => assert.throws(() => channel.send(2, 10), TimedOut))
  channel.taskDone()
  channel.taskDone()
  assert.throws(() => channel.taskDone(), TooManyTasksDoneError)
  await clock.runUntil(sender)
  assert.deepEqual(channel.drain(), [1])
  assert.equal(channel.unfinished, 0)
})
