import type { FastifyInstance } from 'fastify'
import { wait } from 'greenthreads'
import type { StatusHandlers } from '../modes/status-handlers.ts'

/**
 * For probes: `GET /health/live` says that the event loop turns, `GET /health/ready` (and `/health`, for people) that
 * the database answers, too. A replica that is not ready gets no requests; one that does not live is replaced.
 */
export function addHealthRoute(server: FastifyInstance, handlers: StatusHandlers): void {
  const forProbes = { config: { access: 'public', admission: false } } as const
  server.get('/health/live', forProbes, function showLife() {
    return { status: 'ok' }
  })
  for (const url of ['/health', '/health/ready']) {
    server.get(url, forProbes, function showHealth() {
      return wait(handlers.showHealth())
    })
  }
}
