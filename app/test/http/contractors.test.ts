import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ErrorBody } from '../../src/http/error-reply.ts'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'
import { strangersInn } from '../support/inns.ts'
import { ServiceFixture, untouchedInn } from '../support/service-fixture.ts'

const anna = { name: 'Anna', phone: '+79161234567', account: '40817810000000000001' }

for (const kind of await everyDatabase()) {
  describe(`contractors, on ${kind.name}`, { skip: kind.skip }, () => {
    let database: TestDatabase
    let fixture: ServiceFixture

    before(async () => {
      database = await kind.create()
      fixture = await ServiceFixture.open({ databaseUrl: database.url })
    })
    after(async () => {
      await fixture.close()
      await database.drop()
    })

    test('are registered, and found again as they were registered', async () => {
      const inn = strangersInn()
      const registered = await fixture.post('/contractors', { inn, ...anna })
      assert.equal(registered.statusCode, 201)
      assert.equal(registered.headers.location, `/contractors/${inn}`)
      const found = await fixture.get(`/contractors/${inn}`)
      assert.equal(found.statusCode, 200)
      assert.deepEqual(found.body, registered.body)
      assert.deepEqual(found.body, { inn, ...anna, registeredAt: '2030-01-01T00:00:00.000Z' })
    })

    test('may be registered again as they are, but nobody else with their INN', async () => {
      const inn = strangersInn()
      await fixture.post('/contractors', { inn, ...anna })
      assert.equal((await fixture.post('/contractors', { inn, ...anna })).statusCode, 200)
      for (const other of [
        { name: 'Boris' },
        { phone: '+79160000000' },
        { account: '40817810000000000002' },
      ]) {
        const refused = await fixture.post<ErrorBody>('/contractors', { inn, ...anna, ...other })
        assert.equal(refused.statusCode, 409)
        assert.equal(refused.body.error.code, 'CONTRACTOR_EXISTS')
      }
      assert.equal((await fixture.get<typeof anna>(`/contractors/${inn}`)).body.name, 'Anna')
    })

    test('are registered once by those who do it at the same time', async () => {
      const inn = strangersInn()
      const names = ['Anna', 'Anna', 'Anna', 'Boris']
      const answers = await Promise.all(
        names.map((name) => fixture.post('/contractors', { ...anna, inn, name })),
      )
      const codes = answers.map(({ statusCode }) => statusCode)
      assert.equal(codes.filter((code) => code === 201).length, 1, codes.join())
      assert.equal(codes.filter((code) => code === 409).length, codes[3] === 409 ? 1 : 3)
    })

    test('of whom only the name is known are completed by their registration', async () => {
      const inn = strangersInn()
      await fixture.rows("INSERT INTO contractors (inn, name) VALUES ($1, 'Somebody')", inn)
      const known = await fixture.get<object>(`/contractors/${inn}`)
      assert.deepEqual(known.body, {
        inn,
        name: 'Somebody',
        phone: null,
        account: null,
        registeredAt: null,
      })
      assert.equal((await fixture.post('/contractors', { inn, ...anna })).statusCode, 201)
      assert.equal((await fixture.get<typeof anna>(`/contractors/${inn}`)).body.name, 'Anna')
    })

    test('are refused with the reason when something is wrong with them', async () => {
      const inn = strangersInn()
      for (const [wrong, code, message] of [
        [{ inn: `${inn.slice(0, 10)}00` }, 'INN_CHECKSUM', /mistyped/],
        [{ name: '  ' }, 'TEXT_INVALID', /The name is empty/],
        [{ name: 'Anna\u0000' }, 'TEXT_INVALID', /a character at 5/],
        [{ name: 'x'.repeat(201) }, 'TEXT_INVALID', /has 201 characters/],
        [{ phone: '89161234567' }, 'PHONE_FORM', /\+79161234567/],
        [{ account: '4081781' }, 'ACCOUNT_FORM', /20 digits; the given one has 7/],
        [{ account: 5 }, 'VALIDATION_FAILED', /body\/account must be string/],
        [{ name: undefined }, 'VALIDATION_FAILED', /required property 'name'/],
        [{ age: 3 }, 'VALIDATION_FAILED', /additional properties \("age"\)/],
      ] as const) {
        const refused = await fixture.post<ErrorBody>('/contractors', { inn, ...anna, ...wrong })
        assert.equal(refused.statusCode, 400)
        assert.equal(refused.body.error.code, code)
        assert.match(refused.body.error.message, message)
      }
      assert.equal((await fixture.get(`/contractors/${inn}`)).statusCode, 404)
    })

    test('keep SQL and markup in their names as the text that it is', async () => {
      const inn = strangersInn()
      const name = `Robert'); DROP TABLE contractors; -- <script>alert("1")</script> & ${'$1'}`
      await fixture.post('/contractors', { ...anna, inn, name })
      assert.equal((await fixture.get<typeof anna>(`/contractors/${inn}`)).body.name, name)
    })

    test('have a history of statuses, newest first, page by page', async () => {
      const inn = untouchedInn()
      const times: string[] = []
      for (const _check of [1, 2, 3]) {
        const { body } = await fixture.status(inn)
        times.unshift(body.checkedAt)
        fixture.advance(60_000)
      }
      const path = `/contractors/${inn}/statuses?limit=2`
      const first = await fixture.get<History>(path)
      const second = await fixture.get<History>(`${path}&before=${first.body.next}`)
      assert.deepEqual(
        [...first.body.statuses, ...second.body.statuses].map(({ checkedAt }) => checkedAt),
        times,
      )
      assert.equal(second.body.next, null)
    })

    test('have no history when they are unknown, and pages have limits', async () => {
      assert.equal((await fixture.get(`/contractors/${strangersInn()}/statuses`)).statusCode, 404)
      for (const query of [
        'limit=0',
        'limit=201',
        'limit=x',
        'before=-1',
        'offset=1',
        'limit=1&limit=2',
      ]) {
        const path = `/contractors/${untouchedInn()}/statuses?${query}`
        assert.equal((await fixture.get(path)).statusCode, 400, query)
      }
    })
  })
}

interface History {
  readonly statuses: readonly { readonly checkedAt: string }[]
  readonly next: number | null
}
