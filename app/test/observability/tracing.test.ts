import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { context, isSpanContextValid, propagation, SpanKind, trace } from '@opentelemetry/api'
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { toAsync } from 'greenthreads'
import type { StatusBody } from '../../src/http/status-controller.ts'
import { contextFields } from '../../src/observability/request-context.ts'
import { inSpan } from '../../src/observability/spans.ts'
import { Upstream } from '../../src/upstream/upstream.ts'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'
import { registeredInn } from '../support/inns.ts'
import { PaymentClient } from '../support/payment-client.ts'
import { calmProtection } from '../support/protection.ts'
import { ScriptedServer, until } from '../support/scripted-server.ts'
import { authorization, ServiceFixture, untouchedInn } from '../support/service-fixture.ts'

const crowd = 40

test('nothing is traced, and nobody is told of a trace, unless it is switched on', async () => {
  const fixture = await ServiceFixture.open()
  assert.equal((await fixture.status(untouchedInn())).statusCode, 200)
  assert.equal(isSpanContextValid(trace.getTracer('test').startSpan('none').spanContext()), false)
  await fixture.close()
})

test('spans go to the collector under the name of the service, the last ones when it stops', async () => {
  const collector = await ScriptedServer.listen()
  const bodies: Promise<string>[] = []
  collector.act = (request, response) => {
    assert.equal(request.url, '/v1/traces')
    bodies.push(
      request.toArray().then((chunks) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
        return Buffer.concat(chunks).toString()
      }),
    )
  }
  const observability = { otlpEndpoint: `${collector.url}/`, serviceName: 'pay-test' }
  const fixture = await ServiceFixture.open({ observability })
  assert.equal((await fixture.status(untouchedInn())).statusCode, 200)
  await fixture.close()
  const sent = (await Promise.all(bodies)).join('\n')
  assert.match(sent, /"pay-test"/)
  assert.match(sent, /"GET \/contractors\/:inn\/status"/)
  await collector.close()
})

for (const mode of ['green', 'async'] as const) {
  for (const kind of await everyDatabase()) {
    describe(`spans, in the mode ${mode}, on ${kind.name}`, { skip: kind.skip }, () => {
      const exporter = new InMemorySpanExporter()
      const provider = new NodeTracerProvider({
        spanProcessors: [new SimpleSpanProcessor(exporter)],
      })
      let database: TestDatabase
      let fixture: ServiceFixture

      before(async () => {
        provider.register()
        database = await kind.create()
        fixture = await ServiceFixture.open({
          mode,
          databaseUrl: database.url,
          // Most requests wait in the queue at the entrance, and others begin them.
          protection: { maxConcurrent: 8, maxQueue: 2 * crowd, queueTimeoutMs: 60_000 },
        })
      })
      after(async () => {
        await fixture.close()
        await database.drop()
        disable()
      })

      test('of requests that are served at once never mix', async () => {
        exporter.reset()
        const asked = Array.from({ length: crowd }, () => new Asked(untouchedInn()))
        const bodies = await Promise.all(asked.map((one) => one.status(fixture)))
        await until(() => serverSpans(exporter).length === crowd)
        for (const [index, one] of asked.entries()) {
          assert.equal(bodies[index]?.inn, one.inn)
          const spans = exporter
            .getFinishedSpans()
            .filter((span) => span.spanContext().traceId === one.traceId)
          const [request, ...others] = spans.filter(({ kind }) => kind === SpanKind.SERVER)
          assert.ok(request !== undefined && others.length === 0)
          assert.equal(request.name, 'GET /contractors/:inn/status')
          assert.equal(request.parentSpanContext?.spanId, one.spanId)
          assert.equal(request.attributes['request.id'], one.requestId)
          assert.equal(request.attributes['http.response.status_code'], 200)
          assertTree(spans, request)
          const names = spans.map(({ name }) => name)
          assert.equal(names.filter((name) => name === 'POST tax authority').length, 1)
          assert.ok(names.filter((name) => name === 'SELECT').length >= 2, names.join())
        }
        const known = new Set(asked.map(({ traceId }) => traceId))
        for (const span of exporter.getFinishedSpans()) {
          assert.ok(known.has(span.spanContext().traceId), `${span.name} is nobody's`)
        }
      })

      test('name a failure by its code, without what it says about people', async () => {
        exporter.reset()
        fixture.simulator.change({ mode: 'error' })
        const inn = untouchedInn()
        assert.equal((await fixture.problem(inn)).statusCode, 503)
        fixture.simulator.change({ mode: 'answer' })
        await until(() => serverSpans(exporter).length === 1)
        const failed = exporter
          .getFinishedSpans()
          .filter(({ attributes }) => attributes['error.type'])
        assert.deepEqual(
          failed.map(({ name, attributes }) => [name, attributes['error.type']]),
          [
            ['POST tax authority', 'TAX_AUTHORITY_FAILED'],
            ['GET /contractors/:inn/status', '503'],
          ],
        )
        const told = exporter
          .getFinishedSpans()
          .map(({ attributes, events }) => [attributes, events])
        assert.ok(!JSON.stringify(told).includes(inn))
      })

      test('of a payment that is carried out are a trace of its own', async () => {
        exporter.reset()
        const client = new PaymentClient(fixture)
        const inns = await Promise.all(Array.from({ length: 4 }, () => registeredInn(fixture)))
        const paid = await Promise.all(inns.map((inn) => client.pay({ inn })))
        const ofPayments = () =>
          exporter.getFinishedSpans().filter(({ name }) => name === 'carry out payment')
        await until(() => ofPayments().length === paid.length)
        for (const { body } of paid) {
          const root = ofPayments().find(({ attributes }) => attributes['payment.id'] === body.id)
          assert.ok(root !== undefined)
          assert.equal(root.parentSpanContext, undefined)
          const { traceId } = root.spanContext()
          const spans = exporter
            .getFinishedSpans()
            .filter((span) => span.spanContext().traceId === traceId)
          assertTree(spans, root)
          const calls = spans.filter(({ attributes }) => 'peer.service' in attributes)
          assert.deepEqual(
            calls.map(({ name }) => name),
            ['POST tax authority', 'POST bank', 'POST tax authority', 'POST notification service'],
          )
        }
      })
    })
  }
}

test('an upstream and the log are told which span it is', async () => {
  const exporter = new InMemorySpanExporter()
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()
  const server = await ScriptedServer.listen()
  const told: unknown[] = []
  let logged: object | undefined
  const answerOk = server.act
  server.act = (request, response) => {
    told.push(request.headers.traceparent)
    answerOk(request, response)
  }
  const { guard } = calmProtection
  const upstream = new Upstream({
    name: 'tax authority',
    url: server.url,
    timeoutMs: 60_000,
    connections: 1,
    guard,
  })
  await toAsync(() => {
    const ask = () => {
      upstream.call({ method: 'GET', path: '/' })
      logged ??= contextFields()
    }
    inSpan('request', {}, ask)
    ask()
    upstream.close()
  })()
  assert.deepEqual(logged, {
    traceId: exporter.getFinishedSpans()[0]?.spanContext().traceId,
  })
  const [call, request, ...others] = exporter.getFinishedSpans()
  assert.deepEqual([call?.name, request?.name, others], ['GET tax authority', 'request', []])
  const { traceId, spanId } = call?.spanContext() ?? {}
  assert.deepEqual(told, [`00-${traceId}-${spanId}-01`, undefined])
  await server.close()
  disable()
})

function disable(): void {
  for (const api of [trace, context, propagation]) api.disable()
}

/** A request of a client that has a trace of its own. */
class Asked {
  readonly inn: string
  readonly traceId = randomBytes(16).toString('hex')
  readonly spanId = randomBytes(8).toString('hex')
  readonly requestId = `request-${this.spanId}`

  constructor(inn: string) {
    this.inn = inn
  }

  async status({ service }: ServiceFixture): Promise<StatusBody> {
    const response = await service.server.inject({
      url: `/contractors/${this.inn}/status`,
      headers: {
        ...authorization,
        traceparent: `00-${this.traceId}-${this.spanId}-01`,
        'x-request-id': this.requestId,
      },
    })
    assert.equal(response.statusCode, 200, response.body)
    return response.json<StatusBody>()
  }
}

function serverSpans(exporter: InMemorySpanExporter): ReadableSpan[] {
  return exporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.SERVER)
}

/** Every span leads up to the root through spans of the same trace. */
function assertTree(spans: readonly ReadableSpan[], root: ReadableSpan): void {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]))
  for (const span of spans) {
    let current = span
    while (current !== root) {
      const parent = byId.get(current.parentSpanContext?.spanId ?? '')
      assert.ok(parent !== undefined, `${current.name} hangs on a span of another trace`)
      current = parent
    }
  }
}
