import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import type { Caller, Role, RouteAccess } from '../access/access.ts'
import type { ApiKeys } from '../access/api-keys.ts'
import { Problem } from '../domain/errors.ts'
import type { SessionGuard } from './session-guard.ts'

export interface GuardedRoute {
  readonly method: string
  readonly url: string
  readonly access: RouteAccess
  readonly role: Role
}

export interface Guards {
  readonly apiKeys: ApiKeys
  readonly sessionGuard: SessionGuard
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route with who may call it. */
    readonly guardedRoutes: readonly GuardedRoute[]
    /** Who may call the routes of a plugin that comes from elsewhere and can't name it for each. */
    readonly routeAccess?: RouteAccess
  }
}

/**
 * Lets a request through to its handler only if its route says that this caller may. Routes declared after
 * this are guarded, and one that does not say who may call it is refused at once: forgetting it opens nothing.
 */
export function guardRoutes(server: FastifyInstance, { apiKeys, sessionGuard }: Guards): void {
  const routes: GuardedRoute[] = []
  server.decorate('guardedRoutes', routes)
  server.decorateRequest('caller', undefined)
  server.decorateRequest('session', undefined)
  server.addHook('onRoute', function noteRoute(this: FastifyInstance, route) {
    const access = accessOf(this, route)
    route.config = { ...route.config, access }
    const role = route.config.role ?? 'viewer'
    for (const method of [route.method].flat()) {
      routes.push({ method, url: route.url, access, role })
    }
    if (access === 'session') sessionGuard.guardForms(route)
  })
  server.addHook('onRequest', function guard(request) {
    if (request.is404) return
    const { access, role = 'viewer' } = request.routeOptions.config
    if (access === 'public') return
    if (access === 'session') request.session = sessionGuard.admit(request, role)
    else request.caller = admitKey(apiKeys, request, access as RouteAccess)
  })
}

/**
 * Whose key the request brought. For handlers of routes that take one.
 * @public
 */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller !== undefined) return request.caller
  throw new Error(`${request.routeOptions.url} takes no API key: no client is known to call it.`)
}

function accessOf(plugin: FastifyInstance, { method, url, config }: RouteOptions): RouteAccess {
  const access = config?.access ?? plugin.routeAccess
  if (access !== undefined) return access
  throw new Error(
    `The route ${method} ${url} does not say who may call it.\n` +
      "Give its options config: { access: 'status:read' }, another scope of access/access.ts, or 'public'.",
  )
}

function admitKey(apiKeys: ApiKeys, request: FastifyRequest, access: RouteAccess): Caller {
  const caller = apiKeys.callerWith(keyOf(request))
  if (caller.scopes.some((scope) => scope === access)) return caller
  throw scopeMissing(caller, access)
}

function keyOf(request: FastifyRequest): string {
  const header = request.headers.authorization
  const key = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1]
  if (key !== undefined) return key
  const what = header === undefined ? 'brought no API key' : 'has an Authorization of another form'
  throw new Problem(
    'unauthorized',
    'API_KEY_MISSING',
    `The request ${what}. Send the header  Authorization: Bearer gtk_...`,
  )
}

function scopeMissing({ client, scopes }: Caller, scope: RouteAccess): Problem {
  return new Problem(
    'forbidden',
    'SCOPE_MISSING',
    `The key of ${client} does not have the scope ${scope}, which this takes.`,
    { scope, scopes: scopes.join(' ') },
  )
}
