import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type ApiScope, apiScopes, isApiScope } from '../access/access.ts'
import { Problem } from '../domain/errors.ts'
import { entryOf } from './audit-entry.ts'
import { field, fields, idOf } from './form-fields.ts'
import { renderPage } from './pages.ts'
import type { PanelParts } from './panel.ts'

const mostClientLength = 100

/** The API keys of client services: made, shown once, revoked. */
export function addKeyRoutes(panel: FastifyInstance, { access }: PanelParts): void {
  const { apiKeys, audit } = access
  const forViewers = { config: { access: 'session' } } as const
  const forAdmins = { config: { access: 'session', role: 'admin' } } as const

  panel.get('/keys', forViewers, function listKeys(request, reply) {
    const routesOf = (scope: ApiScope): string[] => routesTaking(panel, scope)
    return renderPage(request, reply, 'keys', { keys: apiKeys.all(), apiScopes, routesOf })
  })

  panel.post('/keys', forAdmins, function createKey(request, reply) {
    const client = field(request, 'client')
    if (client === '' || client.length > mostClientLength) throw clientMissing()
    const created = apiKeys.create(client, chosenScopes(request), (queries, { id, scopes }) => {
      const details = `for ${client}: ${scopes.join(' ')}`
      audit.write(queries, entryOf(request, 'key created', `key ${id}`, details))
    })
    return renderPage(request, reply, 'key-created', { created })
  })

  panel.post('/keys/:id/revoke', forAdmins, function revokeKey(request, reply) {
    const isRevoked = apiKeys.revoke(idOf(request), (queries, { id, client }) => {
      audit.write(queries, entryOf(request, 'key revoked', `key ${id}`, `of ${client}`))
    })
    const notice = isRevoked ? 'key-revoked' : 'key-was-revoked'
    return reply.redirect(`/admin/keys?notice=${notice}`, 303)
  })
}

/** What a scope opens, for people who decide on it. */
function routesTaking({ guardedRoutes }: FastifyInstance, scope: ApiScope): string[] {
  return guardedRoutes
    .filter(({ access, method }) => access === scope && method !== 'HEAD')
    .map(({ method, url }) => `${method} ${url}`)
}

function chosenScopes(request: FastifyRequest): ApiScope[] {
  const scopes = fields(request, 'scope')
  if (scopes.length > 0 && scopes.every(isApiScope)) return [...new Set(scopes)]
  throw new Problem('invalid', 'SCOPES_INVALID', `Choose some of ${apiScopes.join(', ')}.`)
}

function clientMissing(): Problem {
  return new Problem(
    'invalid',
    'CLIENT_INVALID',
    `Name the client service for which the key is, in up to ${mostClientLength} characters.`,
  )
}
