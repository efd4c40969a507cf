/** What an API key can be allowed. A route names the one scope that calling it takes. */
export const apiScopes = [
  'status:read',
  'contractors:read',
  'contractors:write',
  'payments:read',
  'payments:write',
  'registries:read',
  'registries:write',
  'metrics:read',
] as const

export type ApiScope = (typeof apiScopes)[number]

/** What a user of the admin panel may do: each role includes those before it. */
export const roles = ['viewer', 'operator', 'admin'] as const

export type Role = (typeof roles)[number]

/** Who may call a route: anybody, a user of the admin panel, or a client service whose key has the scope. */
export type RouteAccess = 'public' | 'session' | ApiScope

/** The client service on whose behalf a request was made. */
export interface Caller {
  readonly keyId: number
  readonly client: string
  readonly scopes: readonly ApiScope[]
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. The server refuses to be built with a route that does not say. */
    access?: RouteAccess
    /** With the access 'session': the least role of the user. Default: viewer. */
    role?: Role
  }

  interface FastifyRequest {
    /** The client service whose key the request brought; undefined on other routes. */
    caller: Caller | undefined
  }
}

export function isApiScope(text: unknown): text is ApiScope {
  return apiScopes.some((scope) => scope === text)
}

export function isRole(text: unknown): text is Role {
  return roles.some((role) => role === text)
}

export function isAtLeast(role: Role, least: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(least)
}
