import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import * as Sentry from '@sentry/node'
import { wait } from 'greenthreads'
import { get, listening, load, meeting } from './support.mjs'

test('events reach the ingest with the scope of the right request', {
  timeout: 60_000,
}, async () => {
  const events = []
  const arrived = createServer(async (incoming, outgoing) => {
    const bytes = await buffer(incoming)
    outgoing.end('{}')
    events.push(
      ...eventsIn(incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes),
    )
    if (events.length >= load) arrived.emit('all')
  })
  const ingest = await listening(arrived)
  Sentry.init({ dsn: ingest.replace('http://', 'http://key@').concat('/1') })

  const meet = meeting()
  const server = createServer((incoming, outgoing) => {
    const number = incoming.url.split('/').at(-1)
    Sentry.withIsolationScope((scope) => {
      scope.setTag('order', number)
      try {
        wait(delay(1))
        meet()
        Sentry.addBreadcrumb({ message: `breadcrumb ${number}` })
        wait(Promise.reject(new Error(`no order ${number}`)))
      } catch (error) {
        Sentry.captureException(error)
      }
    })
    outgoing.end()
  })
  const url = await listening(server)
  const all = once(arrived, 'all')
  await Promise.all(Array.from({ length: load }, (_, number) => get(`${url}/orders/${number}`)))
  await Promise.all([Sentry.flush(20_000), all])

  assert.equal(events.length, load)
  for (const { tags, exception, breadcrumbs } of events) {
    assert.equal(exception.values[0].value, `no order ${tags.order}`)
    const messages = breadcrumbs
      .map(({ message }) => message)
      .filter((text) => text?.startsWith('bread'))
    assert.deepEqual(messages, [`breadcrumb ${tags.order}`])
  }
  await Sentry.close()
})

/** An envelope is a line of JSON, then pairs of lines: the header of an item and the item. */
function eventsIn(bytes) {
  const [, ...lines] = bytes
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  return lines.filter((_, index) => lines[index - 1]?.type === 'event' && index % 2 === 1)
}
