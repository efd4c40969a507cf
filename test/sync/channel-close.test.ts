import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Channel, ChannelClosedError, spawn } from 'greenthreads'
import { assertNoThreadsLeft } from 'greenthreads/testing'
import { collect } from './collect.ts'

after(() => assertNoThreadsLeft())

test('after close what lies in the channel is received, then loops end and receive throws', async () => {
  const channel = new Channel<string>({ capacity: 5 })
  channel.send('a')
  channel.send('b')
  channel.close()
  assert.equal(channel.isClosed, true)
  assert.deepEqual(collect(channel), ['a', 'b'])
  assert.deepEqual(collect(channel), [])
  assert.throws(() => channel.receive(), {
    code: 'ERR_GT_CHANNEL_CLOSED',
    message: /^receive\(\) on a channel that is closed\.\n/,
  })
  await assert.rejects(channel.receiveAsync(), ChannelClosedError)
  assert.equal(channel.tryReceive(), undefined)
})

test('close wakes receivers that wait', async () => {
  const channel = new Channel<string>()
  const loop = spawn(() => collect(channel))
  const receiver = assert.rejects(async () => await spawn(() => channel.receive()), {
    code: 'ERR_GT_CHANNEL_CLOSED',
  })
  const async = assert.rejects(channel.receiveAsync(), ChannelClosedError)
  const asyncLoop = (async () => {
    for await (const item of channel) assert.fail(item)
    return 'ended'
  })()
  channel.close()
  assert.deepEqual(await loop, [])
  assert.equal(await asyncLoop, 'ended')
  await Promise.all([receiver, async])
})

test('close refuses what waiting senders wanted to send, and every further item', async () => {
  const channel = new Channel<string>({ capacity: 1 })
  channel.send('a')
  const sender = assert.rejects(async () => await spawn(() => channel.send('b')), {
    code: 'ERR_GT_CHANNEL_CLOSED',
  })
  const async = assert.rejects(channel.sendAsync('c'), ChannelClosedError)
  channel.close()
  assert.throws(() => channel.send('d'), ChannelClosedError)
  assert.throws(() => channel.trySend('d'), ChannelClosedError)
  await assert.rejects(channel.sendAsync('d'), ChannelClosedError)
  await Promise.all([sender, async])
  assert.deepEqual(channel.drain(), ['a'])
})

test('a channel closed with a cause lets loops throw it once all items are received', async () => {
  const cause = new Error('the source broke')
  const channel = new Channel<string>({ capacity: 1 })
  channel.send('a')
  channel.close(cause)
  channel.close(new Error('another'))
  const seen: string[] = []
  const loop = (): void => {
    for (const item of channel) seen.push(item)
  }
  assert.throws(loop, { code: 'ERR_GT_CHANNEL_CLOSED', cause, message: /: the source broke\.\n/ })
  assert.deepEqual(seen, ['a'])
  assert.throws(() => channel.receive(), { cause })
  assert.throws(() => channel.send('b'), { cause })
  await assert.rejects(async () => {
    for await (const item of channel) seen.push(item)
  }, ChannelClosedError)

  const waited = new Channel<string>()
  const waiting = spawn(() => collect(waited))
  waited.close(cause)
  await assert.rejects(async () => await waiting, { cause })
})

test('leaving a loop leaves the channel open', () => {
  const channel = new Channel<number>({ capacity: 3 })
  for (const item of [1, 2, 3]) channel.send(item)
  for (const item of channel) if (item === 2) break
  assert.equal(channel.isClosed, false)
  assert.equal(channel.receive(), 3)
})

test('disposing of a channel closes it', () => {
  const channel = new Channel<number>()
  channel[Symbol.dispose]()
  assert.equal(channel.isClosed, true)
})
