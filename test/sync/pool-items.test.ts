import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Channel, Pool, spawn, wait } from 'greenthreads'
import { assertNoThreadsLeft, untilParked } from 'greenthreads/testing'
import { deferred } from '../core/deferred.ts'

after(() => assertNoThreadsLeft())

test('100,000 items pass through map', async () => {
  const pool = new Pool(10)
  const items = Array.from({ length: 100_000 }, (_, index) => index)
  const settled = Promise.resolve()
  const doubled = await spawn(() =>
    pool.map(items, (item) => {
      wait(settled)
      return item * 2
    }),
  )
  assert.deepEqual(
    doubled,
    items.map((item) => item * 2),
  )
})

test('items may come from a channel, which lets the workers wait', async () => {
  const pool = new Pool(3)
  const channel = new Channel<number>()
  const results = spawn(() => pool.map(channel, (item) => wait(Promise.resolve(item * 10))))
  for (const item of [1, 2, 3, 4, 5]) {
    await channel.sendAsync(item)
    await untilParked()
  }
  channel.close()
  assert.deepEqual(await results, [10, 20, 30, 40, 50])
})

test('calls overlap although their items come one by one', async () => {
  const pool = new Pool(3)
  const channel = new Channel<number>()
  const gate = deferred()
  let running = 0
  const results = spawn(() =>
    pool.map(channel, (item) => {
      running++
      wait(gate.promise)
      return item
    }),
  )
  for (const item of [1, 2, 3]) {
    await channel.sendAsync(item)
    await untilParked()
  }
  assert.equal(running, 3)
  gate.resolve()
  channel.close()
  assert.deepEqual(await results, [1, 2, 3])
})

test('an error of the source is thrown, and a source that is left is closed', async () => {
  const pool = new Pool(2)
  let closed = 0
  function* numbers(): Generator<number> {
    try {
      yield 1
      yield 2
      yield 3
      throw new Error('the source broke')
    } finally {
      closed++
    }
  }
  const broken = spawn(() => pool.map(numbers(), (item) => item))
  await assert.rejects(async () => await broken, /the source broke/)
  assert.equal(closed, 1)
  const left = spawn(() =>
    pool.map(numbers(), (item) => {
      if (item === 2) throw new Error('bad item')
    }),
  )
  await assert.rejects(async () => await left, /bad item/)
  assert.equal(closed, 2)
})
