import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { toAsync } from 'greenthreads'
import type { Redis } from 'ioredis'
import { ClientLimits } from '../../src/protection/client-limits.ts'
import { openRedis } from '../../src/protection/redis.ts'
import { ownName, testRedis } from '../support/test-redis.ts'

const kinds = [
  { name: 'in memory', url: undefined, skip: false },
  { name: 'in Redis', ...(await testRedis()) },
]

for (const { name, url, skip } of kinds) {
  describe(`the limit of a client, counted ${name}`, { skip }, () => {
    let redis: Redis | undefined

    before(() => {
      redis = url === undefined ? undefined : openRedis(url, assert.ifError)
    })
    after(() => redis?.quit())

    test('lets so many requests through in a second and refuses the next, of this client only', async () => {
      const limits = new ClientLimits({ requestsPerSecond: 20, redis, redisPrefix: 'payments' })
      const client = ownName()
      // Even when a second ends meanwhile, one of two has more than its part.
      const outcomes = await Promise.all(Array.from({ length: 60 }, () => counted(limits, client)))
      const refused = outcomes.filter((outcome) => outcome === 'CLIENT_LIMIT')
      assert.ok(refused.length >= 20 && refused.length <= 40, `${refused.length} were refused`)
      assert.equal(limits.refused, refused.length)
      assert.equal(await counted(limits, ownName()), 'through')
    })

    test('can be switched off and on', async () => {
      const limits = new ClientLimits({ requestsPerSecond: 1, redis, redisPrefix: 'payments' })
      const client = ownName()
      limits.switch(false)
      assert.equal(limits.isOn, false)
      for (let call = 0; call < 5; call++) assert.equal(await counted(limits, client), 'through')
      limits.switch(true)
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => counted(limits, client)))
      assert.ok(outcomes.includes('CLIENT_LIMIT'))
    })

    test('is none with 0', async () => {
      const limits = new ClientLimits({ requestsPerSecond: 0, redis, redisPrefix: 'payments' })
      assert.equal(limits.isOn, false)
      assert.equal(await counted(limits, 'anybody'), 'through')
    })
  })
}

describe('the limits of two replicas', { skip: kinds[1]?.skip ?? false }, () => {
  test('are one limit in Redis', async () => {
    const redis = openRedis(kinds[1]?.url ?? '', assert.ifError)
    const options = { requestsPerSecond: 20, redis, redisPrefix: 'payments' }
    const replicas = [new ClientLimits(options), new ClientLimits(options)]
    const otherInstallation = new ClientLimits({ ...options, redisPrefix: 'others' })
    const client = ownName()
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, call) => counted(replicas[call % 2] as ClientLimits, client)),
    )
    assert.ok(outcomes.filter((outcome) => outcome === 'CLIENT_LIMIT').length >= 20)
    assert.equal(await counted(otherInstallation, client), 'through')
    await redis.quit()
  })
})

test('a Redis that is not there leaves each replica its own limit', async () => {
  const errors: Error[] = []
  const redis = openRedis('redis://127.0.0.1:1', (error) => errors.push(error))
  const limits = new ClientLimits({ requestsPerSecond: 5, redis, redisPrefix: 'payments' })
  const outcomes = await Promise.all(Array.from({ length: 30 }, () => counted(limits, 'client')))
  assert.ok(outcomes.includes('through') && outcomes.includes('CLIENT_LIMIT'))
  assert.match(String(errors[0]), /ECONNREFUSED/)
  redis.disconnect()
})

/** What became of one request of the client. */
async function counted(limits: ClientLimits, client: string): Promise<string> {
  try {
    await toAsync(() => limits.count(client))()
    return 'through'
  } catch (error) {
    return (error as { code: string }).code
  }
}
