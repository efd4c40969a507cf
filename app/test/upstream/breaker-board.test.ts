import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Redis } from 'ioredis'
import { openRedis } from '../../src/protection/redis.ts'
import { Breaker } from '../../src/upstream/breaker.ts'
import { RedisBreakerBoard } from '../../src/upstream/breaker-board.ts'
import { UpstreamUnavailable } from '../../src/upstream/upstream-errors.ts'
import { until } from '../support/scripted-server.ts'
import { ownName, testRedis } from '../support/test-redis.ts'

const { url, skip } = await testRedis()
const openMs = 60_000

describe('breakers of replicas that share Redis', { skip }, () => {
  let redis: Redis
  const boards: RedisBreakerBoard[] = []

  before(() => {
    redis = openRedis(url, assert.ifError)
  })
  after(async () => {
    for (const board of boards) board.close()
    await redis.quit()
  })

  function boardOf(prefix: string): RedisBreakerBoard {
    const board = new RedisBreakerBoard({
      redis,
      prefix,
      self: ownName(),
      onError: assert.ifError,
    })
    boards.push(board)
    return board
  }

  function replica(upstream: string, prefix = 'payments'): Breaker {
    const board = boardOf(prefix)
    return new Breaker({ upstream, calls: 2, openMs, board })
  }

  test('of another installation are not told, and do not tell', async () => {
    const upstream = ownName()
    const [one, same, other] = [
      replica(upstream, 'one'),
      replica(upstream, 'one'),
      replica(upstream, 'other'),
    ]
    await fail(one, upstream)
    await until(() => same.state === 'open')
    // Told in the order in which they were announced: what one has said has passed by.
    const witness = ownName()
    const told = replica(witness, 'other')
    await fail(replica(witness, 'other'), witness)
    await until(() => told.state === 'open')
    assert.equal(other.state, 'closed')
    assert.equal(await redis.exists(`one:breaker:${upstream}`), 1)
    assert.equal(await redis.exists(`other:breaker:${upstream}`), 0)
  })

  test('learn of one that opens, those that start later too', async () => {
    const upstream = ownName()
    const [first, second, stranger] = [replica(upstream), replica(upstream), replica(ownName())]
    await fail(first, upstream)
    await until(() => second.state === 'open')
    await assert.rejects(
      second.run(() => assert.fail('was called')),
      (error) =>
        error instanceof UpstreamUnavailable &&
        error.outcome === 'RESTING' &&
        (error.retryAfterMs ?? 0) <= openMs,
    )
    const late = replica(upstream)
    await until(() => late.state === 'open')
    assert.equal(stranger.state, 'closed')

    const board = boardOf('payments')
    board.announceClosed(upstream)
    await until(() => second.state === 'closed' && late.state === 'closed')
    assert.equal(await second.run(async () => 'asked'), 'asked')
    const next = replica(upstream)
    await redis.ping()
    assert.equal(next.state, 'closed')
  })
})

async function fail(breaker: Breaker, upstream: string): Promise<void> {
  const failing = async (): Promise<never> => {
    throw new UpstreamUnavailable(upstream, 'FAILED', 'on purpose')
  }
  await assert.rejects(breaker.run(failing), { message: 'on purpose' })
}
