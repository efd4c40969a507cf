import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { AdmissionRefusedError } from 'greenthreads'
import { Problem, type ProblemDetails, type ProblemKind } from '../domain/errors.ts'
import { UpstreamUnavailable } from '../upstream/upstream-errors.ts'
import { validationReport } from './validation.ts'

/** The one form in which this service reports an error. */
export interface ErrorBody {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly details: ProblemDetails
    readonly requestId: string
  }
}

const statusCodes: Readonly<Record<ProblemKind, number>> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'too-many': 429,
  'refused-upstream': 502,
  unavailable: 503,
}

export type ErrorHandler = (
  error: FastifyError | Problem | AdmissionRefusedError,
  request: FastifyRequest,
  reply: FastifyReply,
) => void

export function errorHandler(defaultRetryAfterMs: number): ErrorHandler {
  return (error, request, reply) => {
    if (error instanceof Problem) {
      if (error.kind === 'unavailable') {
        reply.header('retry-after', retryAfterSeconds(error, defaultRetryAfterMs))
        request.log.warn({ err: error }, 'an answer could not be given')
      }
      if (error.kind === 'too-many' && !reply.hasHeader('retry-after')) {
        reply.header('retry-after', 1)
      }
      if (error.kind === 'unauthorized') reply.header('www-authenticate', 'Bearer')
      return sendError(
        request,
        reply,
        statusCodes[error.kind],
        error.code,
        error.message,
        error.details,
      )
    }
    if (error instanceof AdmissionRefusedError) {
      const { reason, retryAfterMs } = error
      const message = 'The service has as much to do as it can; come again a little later.'
      return sendError(request, reply, 429, 'OVERLOADED', message, { reason, retryAfterMs })
    }
    const report = validationReport(error)
    if (report !== undefined) {
      const { message, details } = report
      return sendError(request, reply, 400, 'VALIDATION_FAILED', message, details)
    }
    if (isClientError(error)) {
      return sendError(request, reply, error.statusCode, error.code ?? 'BAD_REQUEST', error.message)
    }
    // The message may tell about our insides: it goes to the log, and the request's id leads there.
    request.log.error({ err: error }, 'a request failed unexpectedly')
    return sendError(request, reply, 500, 'INTERNAL_ERROR', 'The request failed unexpectedly.')
  }
}

export function replyRouteUnknown(request: FastifyRequest, reply: FastifyReply): void {
  const message = `There is nothing at ${request.method} ${request.url}.`
  sendError(request, reply, 404, 'ROUTE_UNKNOWN', message)
}

/** For what is refused before any route is looked for. */
export function replyUrlInvalid(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const status = isClientError(error) ? error.statusCode : 400
  sendError(request, reply, status, error.code, error.message)
}

function sendError(
  request: FastifyRequest,
  reply: FastifyReply,
  statusCode: number,
  code: string,
  message: string,
  details: ProblemDetails = {},
): void {
  const body: ErrorBody = { error: { code, message, details, requestId: request.id } }
  reply.code(statusCode).send(body)
}

function retryAfterSeconds(error: Problem, defaultMs: number): number {
  const named = error instanceof UpstreamUnavailable ? error.retryAfterMs : undefined
  return Math.max(1, Math.ceil((named ?? defaultMs) / 1000))
}

function isClientError(error: FastifyError): error is FastifyError & { statusCode: number } {
  const { statusCode } = error
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500
}
