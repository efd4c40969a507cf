import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'

const redisUrl = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379'

/** Redis with keys of one's own, or why that can't be tested here. */
export async function testRedis(): Promise<{
  readonly url: string
  readonly skip: string | false
}> {
  const redis = new Redis(redisUrl, { lazyConnect: true, retryStrategy: () => null })
  redis.on('error', () => undefined) // the failure of connect() tells it
  try {
    await redis.connect()
    await redis.quit()
    return { url: redisUrl, skip: false }
  } catch (error) {
    return {
      url: redisUrl,
      skip: `no Redis answers at ${new URL(redisUrl).host} (${(error as Error).message})`,
    }
  }
}

/** A name that no other test uses at the same time. */
export function ownName(): string {
  return `test ${randomBytes(6).toString('hex')}`
}
