import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { until } from '../support/scripted-server.ts'
import { ServiceFixture, untouchedInn } from '../support/service-fixture.ts'

describe('the entrance of the service', () => {
  let fixture: ServiceFixture

  before(async () => {
    fixture = await ServiceFixture.open({
      behaviour: { mode: 'hang' },
      protection: {
        maxConcurrent: 4,
        maxQueue: 0,
        clientRequestsPerSecond: 20,
        bodyLimitBytes: 100,
      },
    })
  })
  after(() => fixture.close())

  test('refuses a route that has its share of the requests; the others are served', async () => {
    const { protections, server } = fixture.service
    const asking = [fixture.problem(untouchedInn()), fixture.problem(untouchedInn())]
    await until(() => protections.admission.snapshot().running === 2)
    const refused = await fixture.problem(untouchedInn())
    assert.equal(refused.statusCode, 429)
    assert.equal(refused.headers['retry-after'], '1')
    assert.equal(refused.body.error.code, 'OVERLOADED')
    assert.deepEqual(refused.body.error.details, { reason: 'queue-full', retryAfterMs: 1000 })
    assert.ok(refused.body.error.requestId)
    assert.equal((await server.inject('/nowhere')).statusCode, 404)
    assert.equal((await server.inject('/health')).statusCode, 200)

    protections.switch('admission', false)
    const third = fixture.problem(untouchedInn())
    await until(() => protections.admission.snapshot().running === 3)
    protections.switch('admission', true)
    fixture.simulator.change({ mode: 'answer' })
    await fixture.simulator.close()
    for (const { statusCode } of await Promise.all([...asking, third]))
      assert.equal(statusCode, 503)
    await fixture.simulator.listen()
  })

  test('refuses a client who asks too often, by its key, and no other', async () => {
    fixture.service.protections.switch('admission', false)
    const inns = Array.from({ length: 150 }, () => '1')
    const answers = await Promise.all(inns.map((inn) => fixture.problem(inn)))
    const refused = answers.find(({ body }) => body.error.code === 'CLIENT_LIMIT')
    assert.equal(refused?.statusCode, 429)
    assert.equal(refused.headers['retry-after'], '1')
    assert.equal((await fixture.service.server.inject('/nowhere')).statusCode, 404)
  })

  test('refuses a body that is too long', async () => {
    const answer = await fixture.service.server.inject({
      method: 'POST',
      url: '/nowhere',
      payload: { text: 'x'.repeat(200) },
    })
    assert.equal(answer.statusCode, 413)
    assert.equal(answer.json().error.code, 'FST_ERR_CTP_BODY_TOO_LARGE')
  })

  test('sends headers that keep browsers from doing what nobody wants', async () => {
    const { headers } = await fixture.service.server.inject('/health')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['x-frame-options'], 'SAMEORIGIN')
    assert.match(String(headers['content-security-policy']), /default-src 'self'/)
  })
})
