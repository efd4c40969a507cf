import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { request } from 'undici'
import { longestIdleMs, longestSessionMs } from '../../src/access/sessions.ts'
import type { LiveFigures } from '../../src/observability/live-feed.ts'
import { PanelVisitor } from '../support/panel-visitor.ts'
import { until } from '../support/scripted-server.ts'
import { authorization, ServiceFixture, untouchedInn } from '../support/service-fixture.ts'

describe('the figures of the service', () => {
  let fixture: ServiceFixture
  let address: string
  let visitor: PanelVisitor

  before(async () => {
    fixture = await ServiceFixture.open({
      behaviour: { mode: 'error' },
      protection: { guard: { maxQueue: 10, breakerCalls: 2, breakerOpenMs: 60_000, retries: 0 } },
    })
    const { server, access } = fixture.service
    address = await server.listen({ host: '127.0.0.1', port: 0 })
    visitor = await PanelVisitor.loggedIn(server, 'admin', String(access.demoPassword))
  })
  after(() => fixture.close())

  test('are there for Prometheus: requests, threads, breaker, limits, event loop', async () => {
    assert.equal((await fixture.problem(untouchedInn())).statusCode, 503)
    assert.equal((await fixture.problem(untouchedInn())).statusCode, 503)
    const first = await metrics(fixture)
    const route = 'route="/contractors/:inn/status"'
    assert.equal(
      first(`http_request_duration_seconds_count{method="GET",${route},status="503"}`),
      2,
    )
    assert.equal(first('admission_admitted_total{route="GET /contractors/:inn/status"}'), 2)
    assert.equal(first('breaker_open{upstream="tax authority"}'), 1)
    assert.equal(first('breaker_opened_total{upstream="tax authority"}'), 1)
    assert.equal(first('breaker_refused_total{upstream="tax authority"}'), 1)
    assert.equal(first('client_limit_refused_total'), 0)
    assert.ok((first('green_threads_waiting') ?? -1) >= 0)
    assert.notEqual(first('nodejs_eventloop_lag_seconds'), undefined)
    const second = await metrics(fixture)
    assert.equal(second('breaker_opened_total{upstream="tax authority"}'), 1, 'counted once')
  })

  test('are for those who may read them', async () => {
    const { server } = fixture.service
    assert.equal((await server.inject('/metrics')).statusCode, 401)
    assert.equal((await server.inject('/admin/live')).statusCode, 401)
    const withKey = await server.inject({ url: '/admin/live', headers: authorization })
    assert.equal(withKey.statusCode, 401)
  })

  test('come every second to those who look on, and tell who waits', async () => {
    const { protections } = fixture.service
    protections.switch('breakers', false)
    fixture.simulator.change({ mode: 'hang' })
    const hanging = fixture.problem(untouchedInn())
    await until(() => fixture.simulator.counts.underWay === 1)

    const spectator = await look(address, visitor)
    const first = await spectator.next()
    assert.equal(first.waiting.byName['GET /contractors/:inn/status'], 1)
    assert.equal(first.admission.running, 1)
    assert.equal(first.upstreams[0]?.running, 1)
    assert.equal(first.protections.breakers, false)
    assert.equal(first.connections, undefined, 'the embedded database has none')

    await fixture.simulator.close()
    assert.equal((await hanging).statusCode, 503)
    await fixture.simulator.listen()
    let later = await spectator.next()
    while (later.responses.count === 0) later = await spectator.next()
    assert.equal(later.responses.count, 1)
    assert.ok(later.responses.p50Ms > 0)
    assert.equal(later.admission.running, 0)
    spectator.leave()
    protections.switch('breakers', true)
  })

  for (const [what, end] of [
    ['logs out', () => visitor.send('/admin/logout')],
    ['is disabled', () => fixture.rows('UPDATE panel_users SET disabled_at = now()')],
    ['has a session that is over', async () => fixture.advance(longestSessionMs)],
  ] as const) {
    test(`come no longer to one who ${what}`, async () => {
      const { server, access } = fixture.service
      visitor = await PanelVisitor.loggedIn(server, 'admin', String(access.demoPassword))
      await visitor.get('/admin/dashboard')
      const spectator = await look(address, visitor)
      await spectator.next()
      await end()
      await spectator.toEnd()
      await fixture.rows('UPDATE panel_users SET disabled_at = NULL')
    })
  }

  test('do not keep a session from ending that nobody uses otherwise', async () => {
    const { server, access } = fixture.service
    visitor = await PanelVisitor.loggedIn(server, 'admin', String(access.demoPassword))
    const spectator = await look(address, visitor)
    fixture.advance(longestIdleMs / 2)
    await spectator.next()
    await spectator.next()
    fixture.advance(longestIdleMs / 2)
    await spectator.toEnd()
    visitor = await PanelVisitor.loggedIn(server, 'admin', String(access.demoPassword))
  })

  test('do not keep the service from stopping', async () => {
    const spectator = await look(address, visitor)
    await spectator.next()
    const closing = fixture.service.server.close()
    await spectator.toEnd()
    await closing
  })
})

async function metrics(fixture: ServiceFixture): Promise<(name: string) => number | undefined> {
  const { body, statusCode } = await fixture.service.server.inject({
    url: '/metrics',
    headers: authorization,
  })
  assert.equal(statusCode, 200, body)
  const lines = body.split('\n')
  return (name) => {
    const line = lines.find((candidate) => candidate.startsWith(`${name} `))
    return line === undefined ? undefined : Number(line.slice(name.length))
  }
}

interface Spectator {
  next(): Promise<LiveFigures>
  leave(): void
  toEnd(): Promise<void>
}

async function look(address: string, visitor: PanelVisitor): Promise<Spectator> {
  const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const { body, headers, statusCode } = await request(`${address}/admin/live`, {
    headers: { cookie },
  })
  assert.equal(statusCode, 200)
  assert.match(String(headers['content-type']), /^text\/event-stream/)
  const chunks = body[Symbol.asyncIterator]()
  let text = ''
  return {
    async next() {
      for (;;) {
        const event = /^data: (.*)\n\n/m.exec(text)
        if (event !== null) {
          text = text.slice(event.index + event[0].length)
          return JSON.parse(event[1] as string)
        }
        const { value, done } = await chunks.next()
        assert.ok(!done, 'the stream ended')
        text += value
      }
    },
    leave: () => body.destroy(),
    async toEnd() {
      while (!(await chunks.next()).done);
    },
  }
}
