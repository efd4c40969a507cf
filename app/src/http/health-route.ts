import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { wait } from 'greenthreads'
import { modes } from '../modes/mode-meanings.ts'
import type { StatusHandlers } from '../modes/status-handlers.ts'
import { oneOf } from './payment-schemas.ts'
import { responses } from './schemas.ts'

const status = Type.Literal('ok')
const life = Type.Object({ status })
const readiness = Type.Object({ status, mode: oneOf(modes) })

/**
 * For probes: `GET /health/live` says that the event loop turns, `GET /health/ready` (and `/health`, for people) that
 * the database answers, too. A replica that is not ready gets no requests; one that does not live is replaced.
 */
export function addHealthRoute(server: FastifyInstance, handlers: StatusHandlers): void {
  const publicly = { access: 'public', admission: false } as const
  const forLife = {
    config: publicly,
    schema: { summary: 'Whether the event loop turns', response: responses({ 200: life }) },
  }
  server.get('/health/live', forLife, function showLife() {
    return { status: 'ok' }
  })
  const forReadiness = {
    config: publicly,
    schema: { summary: 'Whether the database answers', response: responses({ 200: readiness }) },
  }
  for (const url of ['/health', '/health/ready']) {
    server.get(url, forReadiness, function showHealth() {
      return wait(handlers.showHealth())
    })
  }
}
