import {
  type CircuitBreakerPolicy,
  CircuitState,
  CountBreaker,
  circuitBreaker,
  handleWhen,
} from 'cockatiel'
import type { BreakerBoard } from './breaker-board.ts'
import { UpstreamUnavailable } from './upstream-errors.ts'

export interface BreakerOptions {
  readonly upstream: string
  /** How many calls it looks back; it opens when half of them failed. */
  readonly calls: number
  readonly openMs: number
  /** Where replicas tell each other. */
  readonly board?: BreakerBoard | undefined
}

export type BreakerState = 'closed' | 'half-open' | 'open'

/**
 * Remembers for a short time that an upstream can't be reached. While it is open nobody waits for a timeout:
 * calls fail at once and say when to come again. After that one call tries, and its outcome counts for all.
 */
export class Breaker {
  readonly #upstream: string
  readonly #openMs: number
  readonly #board: BreakerBoard | undefined
  readonly #policy: CircuitBreakerPolicy
  #openUntil = 0
  /** Of other replicas: what they have found out counts here too. */
  #othersOpenUntil = 0
  #opened = 0
  #refused = 0

  constructor({ upstream, calls, openMs, board }: BreakerOptions) {
    this.#upstream = upstream
    this.#openMs = openMs
    this.#board = board
    this.#policy = circuitBreaker(
      handleWhen((error) => this.#isFailure(error)),
      {
        halfOpenAfter: openMs,
        breaker: new CountBreaker({
          size: calls,
          threshold: almostHalf,
          minimumNumberOfCalls: Math.ceil(calls / 2),
        }),
      },
    )
    this.#policy.onBreak(() => this.#open())
    this.#policy.onReset(() => this.#board?.announceClosed(upstream))
    board?.onAnnouncement(upstream, (openMs) => {
      this.#othersOpenUntil = Date.now() + openMs
    })
  }

  get state(): BreakerState {
    if (this.#policy.state === CircuitState.HalfOpen) return 'half-open'
    return this.#remainingMs() > 0 ? 'open' : 'closed'
  }

  /** How often it has opened, and how many calls it has spared. */
  get counts(): { readonly opened: number; readonly refused: number } {
    return { opened: this.#opened, refused: this.#refused }
  }

  async run<T>(call: () => Promise<T>): Promise<T> {
    // Behind the one that tries, others would wait as long as it does.
    if (this.state !== 'closed') throw this.#refusal()
    return await this.#policy.execute(call)
  }

  #open(): void {
    this.#opened++
    this.#openUntil = Date.now() + this.#openMs
    this.#board?.announceOpen(this.#upstream, this.#openMs)
  }

  #isFailure(error: Error): boolean {
    if (error instanceof UpstreamUnavailable) return true
    // A try that was broken off (its client is gone) says nothing: another one has to show that all is well.
    return this.#policy.state === CircuitState.HalfOpen && error.name === 'AbortError'
  }

  #remainingMs(): number {
    return Math.max(this.#openUntil, this.#othersOpenUntil) - Date.now()
  }

  #refusal(): UpstreamUnavailable {
    this.#refused++
    const retryAfterMs = Math.max(this.#remainingMs(), leastRetryAfterMs)
    return new UpstreamUnavailable(
      this.#upstream,
      'RESTING',
      `The ${this.#upstream} was not asked, because it has failed again and again a moment ago; try again later.`,
      { retryAfterMs },
    )
  }
}

// The breaker opens above the threshold, and half of the calls shall be enough.
const almostHalf = 0.499
const leastRetryAfterMs = 1000
