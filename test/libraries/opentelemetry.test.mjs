import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { api, NodeSDK, tracing } from '@opentelemetry/sdk-node'
import { wait } from 'greenthreads'
import { assertEachGetsItsOwn, get, listening, load, meeting } from './support.mjs'

const exporter = new tracing.InMemorySpanExporter()
const sdk = new NodeSDK({
  spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
  instrumentations: [new HttpInstrumentation()],
  metricReaders: [],
  logRecordProcessors: [],
})
sdk.start()
// Instrumented when it is required, after the start, as the SDK's guide says.
const { createServer } = createRequire(import.meta.url)('node:http')

test('spans nest rightly across suspensions', { timeout: 60_000 }, async () => {
  const tracer = api.trace.getTracer('orders')
  const inSpan = (name, work) =>
    tracer.startActiveSpan(name, (span) => {
      try {
        return work()
      } finally {
        span.end()
      }
    })
  const upstream = await listening(createServer((_, outgoing) => outgoing.end('10')))
  const meet = meeting()
  const server = createServer((incoming, outgoing) => {
    const number = incoming.url.split('/').at(-1)
    const answer = inSpan(`order ${number}`, () => {
      wait(delay(1))
      meet()
      return inSpan(`price ${number}`, () => {
        wait(get(`${upstream}/${number}`))
        return `order ${number} of ${number}`
      })
    })
    outgoing.end(answer)
  })
  await assertEachGetsItsOwn(await listening(server), { rounds: 1 })

  const spans = exporter.getFinishedSpans()
  const named = (name) => {
    const found = spans.filter((span) => span.name === name)
    assert.equal(found.length, 1, `${found.length} spans are named ${name}`)
    return found[0]
  }
  const parentOf = (span) =>
    spans.find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId)
  for (let number = 0; number < load; number++) {
    const price = named(`price ${number}`)
    const order = parentOf(price)
    assert.equal(order?.name, `order ${number}`)
    const request = parentOf(order)
    assert.equal(
      request?.attributes['http.target'] ?? request?.attributes['url.path'],
      `/orders/${number}`,
    )
    const calls = spans.filter((span) => parentOf(span) === price)
    assert.equal(calls.length, 1, 'the call of the upstream belongs to the span that made it')
  }
  await sdk.shutdown()
})
