import type { FastifyInstance } from 'fastify'
import type { StatusController } from './status-controller.ts'

interface StatusRoute {
  Params: { inn: string }
}

/** `GET /contractors/:inn/status`: a plain function that returns its answer, however long that takes. */
export function addStatusRoute(server: FastifyInstance, controller: StatusController): void {
  server.get<StatusRoute>('/contractors/:inn/status', function showStatus(request) {
    return controller.show(request.params.inn)
  })
}
