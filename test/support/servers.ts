import { Redis } from 'ioredis'
import pg from 'pg'

/** Where the database for tests is, unless the environment of `psql` says otherwise. */
export const postgres: pg.ClientConfig = {
  host: process.env.PGHOST ?? '127.0.0.1',
  user: process.env.PGUSER ?? 'postgres',
  database: process.env.PGDATABASE ?? 'test',
}

/** Why tests with PostgreSQL can't run here; false when they can. */
export async function postgresMissing(): Promise<string | false> {
  const client = new pg.Client(postgres)
  try {
    await client.connect()
    await client.end()
    return false
  } catch (error) {
    return `PostgreSQL is not available: ${error}`
  }
}

export const redisAddress: { host: string; port: number } = { host: '127.0.0.1', port: 6379 }

/** Why tests with Redis can't run here; false when they can. */
export async function redisMissing(): Promise<string | false> {
  const redis = new Redis({ ...redisAddress, lazyConnect: true, retryStrategy: () => null })
  redis.on('error', () => {}) // it rejects the call as well
  try {
    await redis.ping()
    return false
  } catch (error) {
    return `Redis is not available: ${error}`
  } finally {
    redis.disconnect()
  }
}
