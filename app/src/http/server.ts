import Fastify, { type FastifyInstance } from 'fastify'
import { wait } from 'greenthreads'
import { greenthreads } from 'greenthreads/fastify'
import type { Database } from '../storage/database.ts'
import { errorHandler, replyRouteUnknown } from './error-reply.ts'
import { addHealthRoute } from './health-route.ts'
import type { StatusController } from './status-controller.ts'
import { addStatusRoute } from './status-route.ts'

export interface ServerOptions {
  readonly logLevel: string
  readonly retryAfterMs: number
  readonly database: Database
  readonly statusController: StatusController
}

// Longer than any INN: a path with a wrong one must reach the route, which says what is wrong with it.
const maxParamLength = 2000

export function buildServer(options: ServerOptions): FastifyInstance {
  const server = Fastify({
    logger: options.logLevel === 'silent' ? false : { level: options.logLevel },
    routerOptions: { maxParamLength },
  })
  // From here on every hook and handler runs in a green thread and may wait.
  wait(server.register(greenthreads))
  server.setErrorHandler(errorHandler(options.retryAfterMs))
  server.setNotFoundHandler(replyRouteUnknown)
  addHealthRoute(server, options.database)
  addStatusRoute(server, options.statusController)
  wait(server.ready())
  return server
}
