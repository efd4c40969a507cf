import type { AsyncDeadline } from './async-deadline.ts'
import { TlsHandshakeError } from './tls-handshake.ts'
import { UpstreamUnavailable } from './upstream-errors.ts'

const timeoutCodes: readonly string[] = [
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]
const mostRetryAfterMs = 3_600_000

/**
 * What a failed exchange with an upstream means. Errors that are not the network's or the peer's come back as
 * they are: the cancellation of the thread, above all, deadlines of others, and faults of ours.
 */
export function problemOf(
  upstream: string,
  error: unknown,
  deadline: Pick<AsyncDeadline, 'isMine' | 'timeoutMs'>,
): unknown {
  if (deadline.isMine(error)) return timedOut(upstream, deadline.timeoutMs, error)
  if (error instanceof TlsHandshakeError) {
    // How to mend it is for the log, where the cause goes, not for the client.
    const message = `The ${upstream} could not be reached safely; try again later.`
    const details = { reason: error.reason }
    return new UpstreamUnavailable(upstream, 'UNREACHABLE', message, { details, cause: error })
  }
  const code = codeOf(error)
  if (code === undefined) return error
  if (timeoutCodes.includes(code)) return timedOut(upstream, deadline.timeoutMs, error)
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return unusableAnswer(upstream, 'it is too long', error)
  }
  if (code.startsWith('HPE_')) return unusableAnswer(upstream, 'it is not HTTP', error)
  return new UpstreamUnavailable(
    upstream,
    'UNREACHABLE',
    `The ${upstream} could not be reached; try again later.`,
    { details: { reason: code }, cause: error },
  )
}

export function failedWith(
  upstream: string,
  status: number,
  retryAfter: string | undefined,
): UpstreamUnavailable {
  return new UpstreamUnavailable(
    upstream,
    'FAILED',
    `The ${upstream} answered with HTTP ${status}; try again later.`,
    { details: { status }, retryAfterMs: parseRetryAfter(retryAfter) },
  )
}

export function unusableAnswer(
  upstream: string,
  why: string,
  cause?: unknown,
): UpstreamUnavailable {
  return new UpstreamUnavailable(
    upstream,
    'ANSWER_INVALID',
    `The answer of the ${upstream} can't be used: ${why}; try again later.`,
    { cause },
  )
}

function timedOut(upstream: string, timeoutMs: number, cause: unknown): UpstreamUnavailable {
  return new UpstreamUnavailable(
    upstream,
    'TIMEOUT',
    `The ${upstream} gave no answer within ${timeoutMs} ms; try again later.`,
    { details: { timeoutMs }, cause },
  )
}

/** The code of an error of undici (UND_ERR_*, HPE_*) or of the operating system (ECONNREFUSED and others). */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string')
    return undefined
  const isNetworkError = /^(UND_ERR_|HPE_)/.test(error.code) || 'syscall' in error
  return isNetworkError ? error.code : undefined
}

function parseRetryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return milliseconds > 0 ? Math.min(milliseconds, mostRetryAfterMs) : undefined
}
