import { UpstreamUnavailable } from '../upstream/upstream-errors.ts'

export interface BackoffOptions {
  readonly retryMs: number
  readonly mostRetryMs: number
}

const mostDoublings = 30

/**
 * Time before the next try of a step that has failed so often before. Half of it is drawn at random, so that
 * payments which failed together do not come back together.
 */
export function backoffMs(
  { retryMs, mostRetryMs }: BackoffOptions,
  failures: number,
  error: unknown,
  random: () => number = Math.random,
): number {
  const doubled = retryMs * 2 ** Math.min(failures, mostDoublings)
  const drawn = Math.min(doubled, mostRetryMs) * (0.5 + random() / 2)
  const wished = error instanceof UpstreamUnavailable ? (error.retryAfterMs ?? 0) : 0
  return Math.max(drawn, Math.min(wished, mostRetryMs))
}
