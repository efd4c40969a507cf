import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { StatusHandlers } from '../modes/status-handlers.ts'
import { instant, responses } from './schemas.ts'

const statusBody = Type.Object({
  inn: Type.String(),
  name: Type.String(),
  taxStatus: Type.String({ examples: ['self-employed', 'not-self-employed'] }),
  checkedAt: instant,
  freshUntil: instant,
  source: Type.String({ description: '`stored`, or `tax-authority` when it was asked just now' }),
})

const options = {
  config: { access: 'status:read' },
  schema: {
    summary: 'Whether a contractor may be paid as a self-employed person',
    params: Type.Object({ inn: Type.String({ description: 'INN, 12 digits' }) }),
    response: responses({ 200: statusBody }),
  },
} as const

interface StatusRoute {
  Params: { inn: string }
}

/** `GET /contractors/:inn/status`. In the mode `green` all of it are plain functions, however long they wait. */
export function addStatusRoute(server: FastifyInstance, handlers: StatusHandlers): void {
  server.get<StatusRoute>('/contractors/:inn/status', options, function showStatus(request) {
    return handlers.showStatus(request.params.inn)
  })
}
