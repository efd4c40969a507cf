import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Admission } from './admission.ts'
import type { RequestScope } from './fastify-request.ts'

/** Continues the request when it may be served, or with the error that refuses it. */
export function admit(
  admission: Admission,
  scope: RequestScope,
  request: FastifyRequest,
  reply: FastifyReply,
  next: (error?: Error) => void,
): void {
  // Who is gone already is not served: Fastify ends the request at its next step.
  if (request.routeOptions.config.admission === false || reply.raw.destroyed) {
    next()
    return
  }
  const entry = admission.enter(
    routeOf(request),
    () => next(),
    (error) => {
      reply.header('retry-after', error.retryAfterSeconds)
      next(error)
    },
  )
  scope.whenOver(reply, () => entry.leave())
}

function routeOf({ method, routeOptions }: FastifyRequest): string {
  return routeOptions.url === undefined ? 'unknown' : `${method} ${routeOptions.url}`
}
