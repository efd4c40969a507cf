import { ExponentialBackoff, handleWhen, retry } from 'cockatiel'
import type { GuardConfig } from '../config/protection-config.ts'
import { Breaker, type BreakerState } from './breaker.ts'
import type { BreakerBoard } from './breaker-board.ts'
import { Bulkhead } from './bulkhead.ts'
import { UpstreamUnavailable } from './upstream-errors.ts'

export interface GuardOptions extends GuardConfig {
  readonly upstream: string
  readonly maxConcurrent: number
  readonly board?: BreakerBoard | undefined
}

export interface GuardSnapshot {
  readonly upstream: string
  readonly running: number
  readonly queued: number
  readonly refused: number
  readonly retried: number
  readonly breaker: {
    readonly isOn: boolean
    readonly state: BreakerState
    readonly opened: number
    readonly refused: number
  }
}

interface GuardedCall {
  /** Doing it twice does no harm. */
  readonly isRepeatable: boolean
  readonly signal: AbortSignal
}

/** What stands between us and an upstream: so many calls at once, another try, and none while it is down. */
export class UpstreamGuard {
  readonly #upstream: string
  readonly #bulkhead: Bulkhead
  readonly #breaker: Breaker | undefined
  readonly #retries: ReturnType<typeof retry>
  #isBreakerOn = true
  #retried = 0

  constructor(options: GuardOptions) {
    const { upstream, maxConcurrent, maxQueue, breakerCalls, breakerOpenMs, retries, board } =
      options
    this.#upstream = upstream
    this.#bulkhead = new Bulkhead({ upstream, maxConcurrent, maxQueue })
    this.#breaker =
      breakerCalls > 0
        ? new Breaker({ upstream, calls: breakerCalls, openMs: breakerOpenMs, board })
        : undefined
    this.#retries = retry(handleWhen(isPassing), {
      maxAttempts: retries,
      // Its delays are drawn at random, so that those who failed together do not come back together.
      backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 1000 }),
    })
    this.#retries.onRetry(() => this.#retried++)
  }

  /** For demonstrations: what it is like without. */
  switchBreaker(isOn: boolean): void {
    this.#isBreakerOn = isOn
  }

  run<T>(call: () => Promise<T>, { isRepeatable, signal }: GuardedCall): Promise<T> {
    const once = (): Promise<T> => {
      signal.throwIfAborted()
      return this.#isBreakerOn && this.#breaker !== undefined ? this.#breaker.run(call) : call()
    }
    return this.#bulkhead.run(
      () => (isRepeatable ? this.#retries.execute(once, signal) : once()),
      signal,
    )
  }

  snapshot(): GuardSnapshot {
    const { running, queued, refused } = this.#bulkhead
    const breaker = this.#breaker
    return {
      upstream: this.#upstream,
      running,
      queued,
      refused,
      retried: this.#retried,
      breaker: {
        isOn: breaker !== undefined && this.#isBreakerOn,
        state: breaker?.state ?? 'closed',
        opened: breaker?.counts.opened ?? 0,
        refused: breaker?.counts.refused ?? 0,
      },
    }
  }
}

/** What may be over at the next try: a connection that broke, a fault that names no time to come again. */
function isPassing(error: Error): boolean {
  if (!(error instanceof UpstreamUnavailable)) return false
  if (error.outcome === 'UNREACHABLE') return true
  return error.outcome === 'FAILED' && error.retryAfterMs === undefined
}
