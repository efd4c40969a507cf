import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { request } from 'undici'
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

  test('find the service healthy', async () => {
    const response = await request(`${address}/health`)
    assert.equal(response.statusCode, 200)
    assert.equal(((await response.body.json()) as { status: string }).status, 'ok')
  })
})

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
