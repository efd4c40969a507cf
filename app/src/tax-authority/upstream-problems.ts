import type { Deadline } from 'greenthreads'
import { TaxAuthorityUnavailable } from '../domain/errors.ts'

const timeoutCodes: readonly string[] = [
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]
const mostRetryAfterMs = 3_600_000

/**
 * What a failed exchange means. Errors that are not the network's or the peer's come back as they are: the
 * cancellation of the thread, above all, deadlines of others, and faults of ours.
 */
export function problemOf(error: unknown, deadline: Deadline): unknown {
  if (deadline.isMine(error)) return timedOut(deadline.timeoutMs, error)
  const code = codeOf(error)
  if (code === undefined) return error
  if (timeoutCodes.includes(code)) return timedOut(deadline.timeoutMs, error)
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return unusableAnswer('it is too long', error)
  if (code.startsWith('HPE_')) return unusableAnswer('it is not HTTP', error)
  return new TaxAuthorityUnavailable(
    'TAX_AUTHORITY_UNREACHABLE',
    'The tax authority could not be reached. Nothing was stored; try again later.',
    { details: { reason: code }, cause: error },
  )
}

export function refusedWith(status: number, retryAfter: string | undefined): Error {
  return new TaxAuthorityUnavailable(
    'TAX_AUTHORITY_FAILED',
    `The tax authority answered with HTTP ${status}. Nothing was stored; try again later.`,
    { details: { status }, retryAfterMs: parseRetryAfter(retryAfter) },
  )
}

export function unusableAnswer(why: string, cause?: unknown): Error {
  return new TaxAuthorityUnavailable(
    'TAX_AUTHORITY_ANSWER_INVALID',
    `The tax authority's answer can't be used: ${why}. Nothing was stored; try again later.`,
    { cause },
  )
}

function timedOut(timeoutMs: number, cause: unknown): Error {
  return new TaxAuthorityUnavailable(
    'TAX_AUTHORITY_TIMEOUT',
    `The tax authority gave no answer within ${timeoutMs} ms. Nothing was stored; try again later.`,
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
