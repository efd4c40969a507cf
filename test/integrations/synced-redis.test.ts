import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Cancelled, spawn, synced, toAsync, wait } from 'greenthreads'
import { Redis } from 'ioredis'
import { redisAddress, redisMissing } from '../support/servers.ts'

const skip = await redisMissing()
const client = new Redis({ ...redisAddress, lazyConnect: true })
const redis = synced(client)
const prefix = `greenthreads:${process.pid}:`

after(async () => {
  if (skip === false) {
    const keys = await client.keys(`${prefix}*`)
    if (keys.length > 0) await client.del(...keys)
  }
  client.disconnect()
})

test('commands wait', { skip }, async () => {
  const thread = spawn(() => {
    redis.set(`${prefix}key`, 'value')
    wait(client.set(`${prefix}short`, 'lived', 'EX', 60))
    return [redis.get(`${prefix}key`), redis.get(`${prefix}none`), redis.exists(`${prefix}short`)]
  })
  assert.deepEqual(await thread, ['value', null, 1])
})

test('a transaction is built as ever, and executed waiting', { skip }, async () => {
  const thread = spawn(() =>
    redis
      .multi()
      .incr(`${prefix}count`)
      .incr(`${prefix}count`)
      .exec()
      ?.map(([, n]) => n),
  )
  assert.deepEqual(await thread, [1, 2])
})

test('an error of the server is thrown', { skip }, async () => {
  await spawn(() => {
    redis.set(`${prefix}text`, 'no number')
    assert.throws(() => redis.incr(`${prefix}text`), /not an integer/)
  })
})

test('many threads share one connection', { skip }, async () => {
  const threads = Array.from({ length: 100 }, () => spawn(() => redis.incr(`${prefix}shared`)))
  const counts = await Promise.all(threads)
  assert.deepEqual(
    counts.sort((a, b) => a - b),
    threads.map((_, i) => i + 1),
  )
})

test('a connection whose blocking command was left is closed, so that it takes no item', {
  skip,
}, async () => {
  const take = (key: string): string | undefined => {
    const own = client.duplicate()
    try {
      return wait(own.blpop(key, 0))?.[1]
    } finally {
      own.disconnect()
    }
  }
  const key = `${prefix}queue`
  const left = spawn(take, key)
  const isBlocked = async (): Promise<boolean> =>
    String(await client.client('LIST')).includes('cmd=blpop')
  while (!(await isBlocked())) {
    // Each question is a turn of the server.
  }
  left.cancel()
  await assert.rejects(async () => await left, Cancelled)
  while (await isBlocked()) {
    // Until the server has noticed.
  }
  await client.rpush(key, 'item')
  assert.equal(await toAsync(take)(key), 'item')
})
