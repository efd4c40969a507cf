import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { wait } from 'greenthreads'
import type { LiveFeed } from '../observability/live-feed.ts'
import type { Metrics } from '../observability/metrics.ts'
import { responses } from './schemas.ts'
import type { SessionGuard } from './session-guard.ts'
import { endWithSession } from './session-watch.ts'

/** `GET /metrics` for Prometheus, and `GET /admin/live`, figures every second as server-sent events. */
export function addObservationRoutes(
  server: FastifyInstance,
  metrics: Metrics,
  liveFeed: LiveFeed,
  sessionGuard: SessionGuard,
): void {
  const forMonitors = {
    config: { access: 'metrics:read', admission: false },
    schema: {
      summary: 'Figures of the service, as text for Prometheus',
      response: responses({ 200: Type.String() }),
    },
  } as const
  server.get('/metrics', forMonitors, function showMetrics(_request, reply) {
    reply.type(metrics.registry.contentType)
    return wait(metrics.registry.metrics())
  })

  const forUsers = {
    config: { access: 'session', admission: false },
    // Nobody would ever end the stream whose headers alone were wanted.
    exposeHeadRoute: false,
  } as const
  server.get('/admin/live', forUsers, function showLive(request, reply) {
    reply.headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    reply.type('text/event-stream')
    const stream = liveFeed.open()
    const isStillAdmitted = () => sessionGuard.isStillAdmitted(request, 'viewer')
    endWithSession(stream, isStillAdmitted, () => liveFeed.end(stream), request.log)
    return reply.send(stream)
  })
  server.addHook('preClose', () => liveFeed.close())
}
