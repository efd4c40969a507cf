import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { request } from 'undici'
import { adminLogin } from '../../src/access/panel-users.ts'
import type { LiveFigures } from '../../src/observability/live-feed.ts'
import { PanelVisitor } from '../support/panel-visitor.ts'
import { ServiceFixture } from '../support/service-fixture.ts'

describe('the dashboard', () => {
  let fixture: ServiceFixture
  let admin: PanelVisitor
  let url: string

  before(async () => {
    fixture = await ServiceFixture.open({ hasCrowd: true, taxTimeoutMs: 1000 })
    const { server, access } = fixture.service
    url = await server.listen({ host: '127.0.0.1', port: 0 })
    admin = await PanelVisitor.loggedIn(server, adminLogin, access.demoPassword ?? '')
    await admin.get('/admin/dashboard')
  })
  after(() => fixture.close())

  test('gets figures as long as somebody watches, and a front user who asks meanwhile', async () => {
    const viewer = await Viewer.open(url, admin)
    const figures = await viewer.until(({ crowd }) => (crowd?.front?.answers ?? 0) > 0)
    assert.deepEqual(figures.protections, {
      admission: true,
      'client-limits': true,
      breakers: true,
    })
    assert.equal(figures.upstreams[0]?.upstream, 'tax authority')
    await viewer.until(({ routes }) =>
      routes.some(({ route }) => route === 'GET /contractors/:inn'),
    )
    await viewer.close()
    while (fixture.crowd?.figures.front !== null) await nextTurn()
  })

  test('shows Friday evening, which an admin begins and ends', async () => {
    const viewer = await Viewer.open(url, admin)
    await admin.send('/admin/evening', { on: 'yes' })
    await viewer.until(({ waiting }) => 'GET /contractors/:inn/status' in waiting.byName)
    await viewer.until(({ crowd }) => (crowd?.flood?.refused ?? 0) > 0)
    await admin.send('/admin/evening', { on: 'no' })
    await viewer.until(({ crowd }) => crowd?.flood === null)
    await viewer.close()
    const entries = await fixture.rows(
      "SELECT action FROM audit_log WHERE action LIKE 'Friday%' ORDER BY id",
    )
    assert.deepEqual(entries, [
      { action: 'Friday evening begun' },
      { action: 'Friday evening ended' },
    ])
  })

  test('switches each protection off and on', async () => {
    for (const name of ['admission', 'client-limits', 'breakers'] as const) {
      for (const isOn of [false, true]) {
        const done = await admin.send(`/admin/protections/${name}`, { on: isOn ? 'yes' : 'no' })
        assert.equal(done.statusCode, 303)
        assert.equal(fixture.service.protections.isOn(name), isOn)
      }
    }
    assert.equal((await admin.send('/admin/protections/all', { on: 'no' })).statusCode, 404)
  })
})

test('a service without simulators has no flood, and no switches', async () => {
  const fixture = await ServiceFixture.open()
  const { server, access, protections } = fixture.service
  const admin = await PanelVisitor.loggedIn(server, adminLogin, access.demoPassword ?? '')
  const page = await admin.get('/admin/dashboard')
  assert.doesNotMatch(page.body, /Friday evening|protections/)
  for (const url of ['/admin/evening', '/admin/protections/breakers']) {
    const refused = await admin.send(url, { on: 'no' })
    assert.equal(refused.statusCode, 409)
    assert.match(refused.body, /NO_SIMULATORS/)
  }
  assert.ok(protections.isOn('breakers'))
  await fixture.close()
})

/** Somebody with the dashboard open. */
class Viewer {
  readonly #body: AsyncIterator<Buffer>
  readonly #leave: AbortController
  #text = ''

  private constructor(body: AsyncIterator<Buffer>, leave: AbortController) {
    this.#body = body
    this.#leave = leave
  }

  static async open(url: string, visitor: PanelVisitor): Promise<Viewer> {
    const leave = new AbortController()
    const response = await request(`${url}/admin/live`, {
      headers: { cookie: visitor.cookieHeader },
      signal: leave.signal,
    })
    assert.equal(response.statusCode, 200)
    return new Viewer(response.body[Symbol.asyncIterator](), leave)
  }

  /** The first figures that are like that. */
  async until(isWanted: (figures: LiveFigures) => boolean): Promise<LiveFigures> {
    for (;;) {
      const event = /^data: (.*)\n\n/m.exec(this.#text)
      if (event === null) {
        const { value, done } = await this.#body.next()
        assert.ok(!done, 'the stream ended')
        this.#text += String(value)
        continue
      }
      this.#text = this.#text.slice(event.index + event[0].length)
      const figures = JSON.parse(String(event[1])) as LiveFigures
      if (isWanted(figures)) return figures
    }
  }

  async ended(): Promise<void> {
    while (!(await this.#body.next()).done);
  }

  async close(): Promise<void> {
    this.#leave.abort()
    await assert.rejects(this.ended(), { name: 'AbortError' })
  }
}
