import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Channel, type ChannelOptions, spawn } from 'greenthreads'
import { assertNoThreadsLeft } from 'greenthreads/testing'

after(() => assertNoThreadsLeft())

test('the newest item comes first where the order is lifo', async () => {
  const channel = new Channel<number>({ capacity: 3, order: 'lifo' })
  for (const item of [1, 2, 3]) channel.send(item)
  assert.deepEqual(channel.peek(), { value: 3 })
  const sender = spawn(() => channel.send(4))
  assert.deepEqual(channel.drain(), [3, 4, 2, 1])
  await sender
})

test('the smallest item comes first where a comparator says so, and the first among equals', () => {
  interface Job {
    due: number
    name: string
  }
  const channel = new Channel<Job>({
    capacity: Number.POSITIVE_INFINITY,
    order: (a, b) => a.due - b.due,
  })
  const jobs = [5, 3, 5, 1, 3, 3, 9, 1].map((due, number) => ({ due, name: `${due}.${number}` }))
  for (const job of jobs) channel.send(job)
  assert.equal(channel.peek()?.value.name, '1.3')
  assert.deepEqual(
    channel.drain().map(({ name }) => name),
    ['1.3', '1.7', '3.1', '3.4', '3.5', '5.0', '5.2', '9.6'],
  )
})

test('an item that a comparator can not compare is not sent', () => {
  const channel = new Channel<{ due: () => number }>({
    capacity: 10,
    order: (a, b) => a.due() - b.due(),
  })
  channel.send({ due: () => 1 })
  const broken = {
    due: () => {
      throw new Error('no date')
    },
  }
  assert.throws(() => channel.send(broken), /no date/)
  assert.equal(channel.length, 1)
  assert.equal(channel.receive().due(), 1)
})

test('capacity and order are checked', () => {
  for (const capacity of [-1, 1.5, Number.NaN, '3']) {
    assert.throws(() => new Channel({ capacity } as ChannelOptions<number>), {
      code: 'ERR_GT_INVALID_ARGUMENT',
      message: /^capacity must be an integer from 0, or Infinity/,
    })
  }
  assert.throws(() => new Channel({ order: 'random' } as unknown as ChannelOptions<number>), {
    message: /^order must be 'fifo', 'lifo' or a comparator, got "random"/,
  })
  assert.throws(() => new Channel({ order: 'lifo' }), { message: /^capacity must be greater than/ })
})
