import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import Fastify from 'fastify'
import { toAsync } from 'greenthreads'
import { type ApiScope, apiScopes, isAtLeast, type Role, roles } from '../../src/access/access.ts'
import { ApiKeys, type CreatedApiKey } from '../../src/access/api-keys.ts'
import { type GuardedRoute, type Guards, guardRoutes } from '../../src/http/access-guard.ts'
import type { ErrorBody } from '../../src/http/error-reply.ts'
import { PanelUserRepository } from '../../src/storage/panel-user-repository.ts'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'
import { ServiceFixture } from '../support/service-fixture.ts'

const publicUrls = [
  '/health',
  '/health/live',
  '/health/ready',
  '/openapi.json',
  '/admin/login',
  '/admin/assets/:file',
]
/** Its answer is a stream for as long as somebody looks on: observation.test.ts looks on. */
const endlessUrl = '/admin/live'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'

for (const kind of await everyDatabase()) {
  describe(`every route, on ${kind.name},`, { skip: kind.skip }, () => {
    let database: TestDatabase
    let fixture: ServiceFixture
    let keys: ApiKeys
    const keyOfScope = new Map<ApiScope, CreatedApiKey>()

    before(async () => {
      database = await kind.create()
      fixture = await ServiceFixture.open({ databaseUrl: database.url })
      keys = new ApiKeys(fixture.service.database, () => new Date())
      for (const scope of apiScopes) keyOfScope.set(scope, await createKey([scope]))
    })
    after(async () => {
      await fixture.close()
      await database.drop()
    })

    test('takes a key or a session, but for those that are known to be public', () => {
      const open = routes().filter(({ access }) => access === 'public')
      const urls = open.map(({ url }) => url).filter((url) => !url.startsWith('/docs'))
      assert.deepEqual(new Set(urls), new Set(publicUrls))
      assert.ok(guarded().length > 0)
    })

    test('refuses who brings no key, a wrong one, or something else', async () => {
      for (const route of guarded()) {
        await assertRefused(route, undefined, 401, 'API_KEY_MISSING')
        await assertRefused(route, 'Basic ZGVtbzpkZW1v', 401, 'API_KEY_MISSING')
        await assertRefused(route, `Bearer gtk_${'x'.repeat(43)}`, 401, 'API_KEY_UNKNOWN')
      }
    })

    test('refuses a key from the moment in which it is revoked', async () => {
      const { id, key } = await createKey(apiScopes)
      await toAsync(() => keys.revoke(id))()
      for (const route of guarded()) {
        await assertRefused(route, `Bearer ${key}`, 401, 'API_KEY_REVOKED')
      }
    })

    test('lets in the scope that it names, and no other', async () => {
      for (const route of guarded()) {
        for (const [scope, { key }] of keyOfScope) {
          const authorization = `Bearer ${key}`
          if (scope === route.access) await assertLetIn(route, authorization)
          else await assertRefused(route, authorization, 403, 'SCOPE_MISSING')
        }
      }
    })

    test("of the panel refuses who is not logged in, or with a cookie that is nobody's", async () => {
      for (const route of forUsers()) {
        for (const headers of [{}, { cookie: 'panel_session=x' }, { cookie: 'panel_session=' }]) {
          const response = await askWith(route, headers)
          const what = `${route.method} ${route.url}`
          assert.equal(response.statusCode, 401, what)
          if (route.method !== 'HEAD') assert.equal(codeOf(response), 'SESSION_MISSING', what)
        }
        await assertRefused(
          route,
          `Bearer ${keyOfScope.get('status:read')?.key}`,
          401,
          'SESSION_MISSING',
        )
      }
    })

    test("of the panel lets in its role and those above, and changes nothing without the form's token", async () => {
      const { database, access } = fixture.service
      const users = new PanelUserRepository(database)
      for (const role of roles) {
        const open = (): string => {
          const user = users.add(`test-${role}`, role, 'not to be logged in with', new Date())
          return access.sessions.open(user?.id ?? 0)
        }
        const headers = { cookie: `panel_session=${await toAsync(open)()}` }
        for (const route of forUsers()) {
          if (route.url !== endlessUrl) await assertByRole(route, role, headers)
        }
      }
    })

    async function assertByRole(
      route: GuardedRoute,
      role: Role,
      headers: Record<string, string>,
    ): Promise<void> {
      const response = await askWith(route, headers)
      const what = `${route.method} ${route.url} as ${role}: ${response.statusCode}`
      if (!isAtLeast(role, route.role)) {
        assert.equal(response.statusCode, 403, what)
        if (route.method !== 'HEAD') assert.equal(codeOf(response), 'ROLE_MISSING', what)
      } else if (route.method === 'GET' || route.method === 'HEAD') {
        const { statusCode } = response
        assert.ok(statusCode !== 401 && statusCode !== 403 && statusCode < 500, what)
      } else {
        assert.equal(response.statusCode, 403, what)
        assert.equal(codeOf(response), 'FORM_TOKEN_WRONG', what)
      }
    }

    function createKey(scopes: readonly ApiScope[]): Promise<CreatedApiKey> {
      return toAsync(() => keys.create('a client', scopes))()
    }

    function routes(): readonly GuardedRoute[] {
      return fixture.service.server.guardedRoutes
    }

    function guarded(): GuardedRoute[] {
      return routes().filter(({ access }) => access !== 'public' && access !== 'session')
    }

    function forUsers(): GuardedRoute[] {
      return routes().filter(({ access }) => access === 'session')
    }

    async function ask(route: GuardedRoute, authorization: string | undefined) {
      return await askWith(route, authorization === undefined ? {} : { authorization })
    }

    async function askWith({ method, url }: GuardedRoute, headers: Record<string, string>) {
      return await fixture.service.server.inject({
        method: method as Method,
        // The guard stands before anybody looks at what is asked for.
        url: url.replaceAll(/:\w+|\*/g, '999999999'),
        headers,
        ...(method !== 'GET' && method !== 'HEAD' && { payload: {} }),
      })
    }

    async function assertRefused(
      route: GuardedRoute,
      authorization: string | undefined,
      statusCode: number,
      code: string,
    ): Promise<void> {
      const response = await ask(route, authorization)
      const what = `${route.method} ${route.url} with ${authorization}`
      assert.equal(response.statusCode, statusCode, what)
      if (statusCode === 401) assert.equal(response.headers['www-authenticate'], 'Bearer', what)
      if (route.method === 'HEAD') return
      assert.equal(codeOf(response), code, what)
    }

    async function assertLetIn(route: GuardedRoute, authorization: string): Promise<void> {
      const { statusCode } = await ask(route, authorization)
      const what = `${route.method} ${route.url} with ${authorization}`
      assert.ok(
        statusCode !== 401 && statusCode !== 403 && statusCode < 500,
        `${what}: ${statusCode}`,
      )
    }
  })
}

function codeOf(response: { json<T>(): T }): string {
  return response.json<ErrorBody>().error.code
}

test('a server with a route that does not say who may call it is refused', () => {
  const server = Fastify()
  guardRoutes(server, {} as Guards)
  assert.throws(() => server.get('/open', () => 'anybody'), /GET \/open does not say who may call/)
})
