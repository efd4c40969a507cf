import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ClientLimits } from '../protection/client-limits.ts'

/** For routes declared after this, once it is known who calls. Those that are always admitted are not counted. */
export function limitClients(server: FastifyInstance, limits: ClientLimits): void {
  server.addHook('onRequest', function limitClient(request) {
    if (request.routeOptions.config.admission !== false) limits.count(clientOf(request))
  })
}

/** A client service by its key, wherever it calls from; others by their address. */
function clientOf({ caller, ip }: FastifyRequest): string {
  return caller === undefined ? `address:${ip}` : `key:${caller.keyId}`
}
