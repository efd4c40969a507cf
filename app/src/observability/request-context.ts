import { AsyncLocalStorage } from 'node:async_hooks'
import { trace } from '@opentelemetry/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'

const currentRequest = new AsyncLocalStorage<FastifyRequest>()

/** Whatever a request does, however often it waits, is known to be done for it. For hooks that run first. */
export function followRequests(server: FastifyInstance): void {
  server.addHook('onRequest', function followRequest(request, reply) {
    currentRequest.enterWith(request)
    reply.header('x-request-id', request.id)
  })
}

/** For whom this code runs: goes into every line of the log. */
export function contextFields(): Record<string, string> {
  const traceId = trace.getActiveSpan()?.spanContext().traceId
  const traced = traceId === undefined ? {} : { traceId }
  const request = currentRequest.getStore()
  if (request === undefined) return traced
  const { id, caller, session } = request
  return {
    requestId: id,
    ...traced,
    ...(caller && { client: caller.client }),
    ...(session && { user: session.login }),
  }
}
