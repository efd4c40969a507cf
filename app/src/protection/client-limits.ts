import { wait } from 'greenthreads'
import type { Redis } from 'ioredis'
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import { Problem } from '../domain/errors.ts'

export interface ClientLimitOptions {
  /** 0 for no limit. */
  readonly requestsPerSecond: number
  /** Where replicas count together; when it fails, each counts for itself. */
  readonly redis: Redis | undefined
  /** Begins the names of the counts there. */
  readonly redisPrefix: string
}

/** So many requests a second of each client: nobody's programming error takes the service from the others. */
export class ClientLimits {
  readonly #requestsPerSecond: number
  readonly #limiter: RateLimiterAbstract | undefined
  #isOn = true
  #refused = 0

  constructor(options: ClientLimitOptions) {
    this.#requestsPerSecond = options.requestsPerSecond
    this.#limiter = options.requestsPerSecond > 0 ? limiterOf(options) : undefined
  }

  get refused(): number {
    return this.#refused
  }

  get isOn(): boolean {
    return this.#isOn && this.#limiter !== undefined
  }

  switch(isOn: boolean): void {
    this.#isOn = isOn
  }

  /** Counts one request of the client. Suspends when replicas count together. Throws a `Problem` for one too many. */
  count(client: string): void {
    if (!this.isOn) return
    try {
      wait(this.#limiter?.consume(client))
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error
      this.#refused++
      throw tooMany(this.#requestsPerSecond, error.msBeforeNext)
    }
  }
}

function limiterOf({
  requestsPerSecond,
  redis,
  redisPrefix,
}: ClientLimitOptions): RateLimiterAbstract {
  const counted = { points: requestsPerSecond, duration: 1, keyPrefix: `${redisPrefix}:client` }
  const alone = new RateLimiterMemory(counted)
  if (redis === undefined) return alone
  return new RateLimiterRedis({
    ...counted,
    storeClient: redis,
    insuranceLimiter: alone,
    // Who is over the limit is refused from memory until the second is over.
    inMemoryBlockOnConsumed: requestsPerSecond + 1,
  })
}

function tooMany(requestsPerSecond: number, retryAfterMs: number): Problem {
  return new Problem(
    'too-many',
    'CLIENT_LIMIT',
    `More than ${requestsPerSecond} requests a second came from this client; come again in a second.`,
    { requestsPerSecond, retryAfterMs },
  )
}
