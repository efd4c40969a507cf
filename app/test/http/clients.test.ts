import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { request } from 'undici'
import type { ErrorBody } from '../../src/http/error-reply.ts'
import { authorization, ServiceFixture, untouchedInn } from '../support/service-fixture.ts'

describe('real clients', () => {
  let fixture: ServiceFixture
  let address: string

  before(async () => {
    fixture = await ServiceFixture.open()
    address = await fixture.service.server.listen({ host: '127.0.0.1', port: 0 })
  })
  after(() => fixture.close())

  test('who go away take their question to the tax authority with them, and nothing is stored', async () => {
    const inn = untouchedInn()
    fixture.simulator.change({ mode: 'hang' })
    const { abandoned } = fixture.simulator.counts
    const client = new AbortController()
    const begun = once(fixture.simulator.events, 'begin')
    const asked = request(`${address}/contractors/${inn}/status`, {
      headers: authorization,
      signal: client.signal,
    })
    await begun
    const ended = once(fixture.simulator.events, 'end')
    client.abort()
    await assert.rejects(asked, { name: 'AbortError' })
    await ended
    fixture.simulator.change({ mode: 'answer' })
    assert.equal(fixture.simulator.counts.abandoned, abandoned + 1)
    assert.deepEqual(await fixture.rows('SELECT 1 FROM tax_checks WHERE inn = $1', inn), [])
    assert.equal((await fixture.status(inn)).statusCode, 200)
  })

  test('wait in a synchronous call tree at least ten functions deep', async () => {
    const functions = await functionsAboveTheWait(() => fixture.status(untouchedInn()))
    assert.ok(functions.length >= 10, functions.join('\n'))
    assert.match(functions.at(-1) ?? '', /showStatus/)
  })

  test('get an answer in the one form of errors wherever they go astray', async () => {
    const response = await request(`${address}/contractors`)
    assert.equal(response.statusCode, 404)
    const body = (await response.body.json()) as { error: { code: string } }
    assert.equal(body.error.code, 'ROUTE_UNKNOWN')
  })

  test('who do not speak HTTP are told so, and their connection is closed', async () => {
    for (const [bytes, status, code] of [
      ['hello\r\n\r\n', 400, 'NOT_HTTP'],
      ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'NOT_HTTP'],
      [
        `GET / HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}\r\n\r\n`,
        431,
        'HEADERS_TOO_LARGE',
      ],
    ] as const) {
      const [head = '', body = ''] = (await replyTo(address, bytes)).split('\r\n\r\n')
      assert.match(head, new RegExp(`^HTTP/1.1 ${status} `))
      assert.match(head, /connection: close/)
      const { error } = JSON.parse(body) as ErrorBody
      assert.equal(error.code, code)
      assert.ok(error.requestId)
    }
    const { body } = await fixture.service.server.inject({
      url: '/metrics',
      headers: authorization,
    })
    assert.match(body, /^http_client_errors_total\{code="NOT_HTTP"\} 2$/m)
    assert.match(body, /^http_client_errors_total\{code="HEADERS_TOO_LARGE"\} 1$/m)
  })

  test('find the service healthy', async () => {
    const response = await request(`${address}/health`)
    assert.equal(response.statusCode, 200)
    assert.equal(((await response.body.json()) as { status: string }).status, 'ok')
  })
})

/** Everything that comes back until the server closes the connection. */
async function replyTo(address: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname)
  socket.write(bytes, 'latin1')
  return Buffer.concat(await socket.toArray()).toString()
}

/** The service's own functions on the stack at the moment in which it asks the tax authority, innermost first. */
async function functionsAboveTheWait(act: () => Promise<unknown>): Promise<string[]> {
  const limit = Error.stackTraceLimit
  let stack = ''
  const record = (): void => {
    Error.stackTraceLimit = Number.POSITIVE_INFINITY
    stack = new Error().stack ?? ''
    Error.stackTraceLimit = limit
  }
  subscribe('undici:request:create', record)
  try {
    await act()
  } finally {
    unsubscribe('undici:request:create', record)
  }
  return stack.split('\n').filter((line) => line.includes('/dist/src/'))
}
