import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { ErrorBody } from './error-reply.ts'

interface Refusal {
  readonly statusCode: number
  readonly code: string
  readonly message: string
}

const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    statusCode: 431,
    code: 'HEADERS_TOO_LARGE',
    message: 'The headers of the request are too long.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    statusCode: 408,
    code: 'REQUEST_TIMEOUT',
    message: 'The request did not arrive in time.',
  },
}

const notHttp: Refusal = {
  statusCode: 400,
  code: 'NOT_HTTP',
  message: 'What came over this connection is no HTTP request.',
}

export type CountClientError = (code: string) => void

/** Answers what is no request for any route, in the one form of errors, and closes the connection. */
export function clientErrorHandler(count: CountClientError) {
  return function replyToClientError(
    this: FastifyInstance,
    error: Error & { code?: string },
    socket: Socket,
  ): void {
    const { code = 'unknown' } = error
    // Who has gone gets no answer, and nothing was wrong with what it sent.
    if (code === 'ECONNRESET' || socket.destroyed) return
    const requestId = randomUUID()
    const refusal = refusals[code] ?? notHttp
    count(refusal.code)
    // Without the bytes: there may be anything in them.
    this.log.debug({ requestId, reason: code }, 'a connection brought no HTTP request')
    if (socket.writable) socket.write(replyWith(refusal, requestId))
    socket.destroySoon()
  }
}

function replyWith({ statusCode, code, message }: Refusal, requestId: string): string {
  const content: ErrorBody = { error: { code, message, details: {}, requestId } }
  const body = JSON.stringify(content)
  return [
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n')
}
