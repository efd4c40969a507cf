import { Redis } from 'ioredis'

/** Everything that goes through Redis has a way to do without, so it may fail, but must not be waited for long. */
export function openRedis(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    connectTimeout: 2000,
    commandTimeout: 1000,
    maxRetriesPerRequest: 1,
    retryStrategy: (times) => Math.min(times * 200, 5000),
  })
  redis.on('error', onError)
  return redis
}
