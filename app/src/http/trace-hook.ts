import { context, propagation, type Span, trace } from '@opentelemetry/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { markFailed, SpanKind, startSpan } from '../observability/spans.ts'

/**
 * Gives each request a span, below that of the caller when its headers name one (W3C Trace Context). It is the current
 * one for all hooks and the handler after this. Free where OpenTelemetry is off.
 */
export function traceRequests(server: FastifyInstance): void {
  server.addHook('onRequest', function traceRequest(request, reply, done) {
    const caller = propagation.extract(context.active(), request.headers)
    const span = startSpan(nameOf(request), optionsOf(request), caller)
    if (!span.isRecording()) return done()
    reply.raw.once('close', () => end(span, request, reply))
    context.with(trace.setSpan(caller, span), done)
  })
}

function nameOf({ method, routeOptions }: FastifyRequest): string {
  return routeOptions.url === undefined ? method : `${method} ${routeOptions.url}`
}

/** The route instead of the address: addresses have taxpayer numbers in them. */
function optionsOf({ id, method, routeOptions }: FastifyRequest) {
  const route = routeOptions.url
  const attributes = {
    'http.request.method': method,
    'request.id': id,
    ...(route !== undefined && { 'http.route': route }),
  }
  return { kind: SpanKind.SERVER, attributes }
}

/** Once it is known who called, and what came of it. */
function end(span: Span, { caller, session }: FastifyRequest, reply: FastifyReply): void {
  const { statusCode } = reply
  if (caller !== undefined) span.setAttribute('enduser.id', caller.client)
  if (session !== undefined) span.setAttribute('enduser.id', session.login)
  if (reply.raw.writableEnded) {
    span.setAttribute('http.response.status_code', statusCode)
    if (statusCode >= 500) markFailed(span, { code: statusCode })
  } else {
    markFailed(span, { code: 'client_disconnected' })
  }
  span.end()
}
