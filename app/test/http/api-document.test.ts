import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isApiScope } from '../../src/access/access.ts'
import { ServiceFixture } from '../support/service-fixture.ts'

interface Operation {
  readonly summary?: string
  readonly security?: readonly Record<string, readonly string[]>[]
  readonly responses: Record<string, unknown>
}

interface ApiDocument {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
}

describe('the document of the API', () => {
  let fixture: ServiceFixture
  let document: ApiDocument

  before(async () => {
    fixture = await ServiceFixture.open()
    const response = await fixture.service.server.inject('/openapi.json')
    document = response.json<ApiDocument>()
  })
  after(() => fixture.close())

  test('has every route of the API with the scope that it takes, and no page of the panel', () => {
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { security }]) => {
        return `${method.toUpperCase()} ${path} ${security?.[0]?.apiKey?.[0] ?? 'public'}`
      }),
    )
    const served = fixture.service.server.guardedRoutes
      .filter(({ method, access }) => method !== 'HEAD' && isApiScope(access))
      .map(({ method, url, access }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')} ${access}`)
    assert.ok(served.length > 3)
    for (const route of served)
      assert.ok(described.includes(route), `${route}:\n${described.join('\n')}`)
    assert.deepEqual(
      described.filter((route) => /\/admin|\/docs|openapi/.test(route)),
      [],
    )
  })

  test('says of each what it is for and what it answers', () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, { summary, responses }] of Object.entries(operations)) {
        assert.ok(summary, `${method} ${path} has no summary`)
        assert.ok(
          Object.keys(responses).some((code) => code.startsWith('2')),
          `${method} ${path}`,
        )
      }
    }
  })

  test('has a page that needs nothing but this server', async () => {
    const page = await fixture.service.server.inject('/docs/')
    assert.equal(page.statusCode, 200)
    assert.match(String(page.headers['content-security-policy']), /default-src 'none'/)
    assert.match(String(page.headers['content-security-policy']), /script-src 'self';/)
    const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) =>
      String(match[1]),
    )
    assert.ok(files.length > 3)
    for (const file of files) {
      const { pathname, origin } = new URL(file, 'http://here/docs/')
      assert.equal(origin, 'http://here', file)
      assert.equal((await fixture.service.server.inject(pathname)).statusCode, 200, file)
    }
  })
})
