import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'
import { registeredInn } from '../support/inns.ts'
import { authorization, ServiceFixture } from '../support/service-fixture.ts'

interface Wanted {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly payload: string
}

const runs = 120
const inns: string[] = []

/** Text as it should not be: markup, SQL, control characters, halves of characters, and what fast-check thinks of. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\ud800',
    '<script>alert(1)</script>',
    "'; DROP TABLE payments; --",
    '$1',
    '%',
    '../../etc/passwd',
    '9'.repeat(500),
    'NaN',
    '1e400',
    '2030-02-31',
    '-0001-01-01',
  ),
)
const inn = fc.nat().map((index) => inns[index % inns.length] ?? '')
const id = fc.oneof(fc.uuid(), nasty)
const value = fc.oneof(nasty, fc.jsonValue({ maxDepth: 2 }))

const payment = fc.record(
  {
    inn: fc.oneof({ weight: 3, arbitrary: inn }, { weight: 1, arbitrary: value }),
    amount: fc.oneof(fc.constant('1.00'), value),
    purpose: value,
  },
  { requiredKeys: [] },
)
const body = fc.oneof(
  payment.map((fields) => JSON.stringify(fields)),
  fc.array(payment, { maxLength: 5 }).map((payments) => JSON.stringify({ payments })),
  fc
    .record({ inn: value, name: value, phone: value, account: value }, { requiredKeys: [] })
    .map((fields) => JSON.stringify(fields)),
  fc.jsonValue().map((json) => JSON.stringify(json)),
  fc.constantFrom('{"a":', '{"__proto__":{}}', '[', 'null', '', '{"reason":"refund"}'),
  fc.constant('[0'.repeat(20_000)),
  fc
    .array(fc.array(nasty, { maxLength: 4 }), { maxLength: 4 })
    .map((lines) => `inn,amount,purpose\n${lines.map((fields) => fields.join(',')).join('\n')}`),
  nasty,
)
const path = fc.oneof(
  fc.constantFrom('/payments', '/contractors', '/registries', '/', '/health', '//', '/%', '/%00'),
  id.map((given) => `/payments/${encoded(given)}`),
  id.map((given) => `/payments/${encoded(given)}/annulment`),
  id.map((given) => `/payments/${encoded(given)}/events`),
  id.map((given) => `/registries/${encoded(given)}`),
  id.map((given) => `/registries/${encoded(given)}/errors`),
  fc.oneof(inn, nasty).map((given) => `/contractors/${encoded(given)}`),
  fc.oneof(inn, nasty).map((given) => `/contractors/${encoded(given)}/statuses`),
)
const names = ['limit', 'before', 'after', 'state', 'inn', 'client', 'from', 'until', 'registryId']
const query = fc
  .array(
    fc.tuple(
      fc.constantFrom(...names, 'title', 'invalidRows'),
      fc.oneof(
        nasty,
        fc.integer().map(String),
        fc.date({ noInvalidDate: true }).map((at) => at.toISOString()),
      ),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => pairs.map(([name, given]) => `${name}=${encoded(given)}`).join('&'))

const request: fc.Arbitrary<Wanted> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST', 'POST', 'POST', 'PUT', 'DELETE'),
  url: fc.tuple(path, query).map(([where, what]) => (what === '' ? where : `${where}?${what}`)),
  headers: fc.record({
    // Few keys, so that many of them come again with another body.
    'idempotency-key': fc.oneof(
      fc.constantFrom('a', 'b', 'c', 'two words', 'x'.repeat(300)),
      fc.uuid(),
    ),
    'content-type': fc.oneof(
      { weight: 6, arbitrary: fc.constant('application/json') },
      { weight: 2, arbitrary: fc.constant('text/csv') },
      { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/xml', 'nonsense', '') },
    ),
  }),
  payload: body,
})

for (const kind of await everyDatabase()) {
  describe(`whatever a client sends, on ${kind.name}`, { skip: kind.skip }, () => {
    let database: TestDatabase
    let fixture: ServiceFixture

    before(async () => {
      database = await kind.create()
      fixture = await ServiceFixture.open({ databaseUrl: database.url })
      inns.push(await registeredInn(fixture), await registeredInn(fixture))
    })
    after(async () => {
      await fixture.close()
      await database.drop()
    })

    test('it is answered, never with a fault of ours, and errors have one form', async () => {
      await fc.assert(
        fc.asyncProperty(request, async ({ method, url, headers, payload }) => {
          const response = await fixture.service.server.inject({
            method,
            url,
            headers: { ...authorization, ...headers },
            payload: method === 'GET' ? '' : payload,
          })
          const { statusCode } = response
          const shown = `${method} ${url} -> ${statusCode} ${response.body.slice(0, 300)}`
          assert.ok(statusCode < 500, shown)
          if (statusCode < 400 || isRefusedRegistry(statusCode, url)) return
          const { error } = response.json() as { error: Record<string, unknown> }
          assert.equal(typeof error, 'object', shown)
          assert.deepEqual(Object.keys(error), ['code', 'message', 'details', 'requestId'], shown)
        }),
        { numRuns: runs, interruptAfterTimeLimit: 120_000, markInterruptAsFailure: true },
      )
    })

    test('a body that is too long is refused with 413', async () => {
      for (const [url, length] of [
        ['/payments', 2 * 1024 * 1024],
        ['/contractors', 2 * 1024 * 1024],
        ['/registries', 33 * 1024 * 1024],
      ] as const) {
        const response = await fixture.service.server.inject({
          method: 'POST',
          url,
          headers: {
            ...authorization,
            'idempotency-key': randomUUID(),
            'content-type': 'application/json',
          },
          payload: `{"purpose":"${'x'.repeat(length)}"}`,
        })
        assert.equal(response.statusCode, 413, url)
        assert.match(response.body, /"error":\{"code":/)
      }
    })
  })
}

function isRefusedRegistry(statusCode: number, url: string): boolean {
  return statusCode === 422 && url.startsWith('/registries')
}

/** As a part of a path; half a character can't be written there. */
function encoded(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
}
