import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { ErrorBody } from '../../src/http/error-reply.ts'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'
import { registeredInn } from '../support/inns.ts'
import { PaymentClient } from '../support/payment-client.ts'
import { ServiceFixture } from '../support/service-fixture.ts'

for (const kind of await everyDatabase()) {
  describe(`payments, on ${kind.name}`, { skip: kind.skip }, () => {
    let database: TestDatabase
    let fixture: ServiceFixture
    let client: PaymentClient

    before(async () => {
      database = await kind.create()
      fixture = await ServiceFixture.open({
        databaseUrl: database.url,
        payments: { retryMs: 3_600_000, mostRetryMs: 3_600_000 },
      })
      client = new PaymentClient(fixture)
    })
    after(async () => {
      await fixture.close()
      await database.drop()
    })
    beforeEach(() => {
      for (const neighbour of fixture.neighbours.all) neighbour.change({ mode: 'answer' })
    })

    test('are carried out step by step, and each neighbour is asked once', async () => {
      const inn = await registeredInn(fixture)
      const { statusCode, headers, body } = await client.pay({ inn, amount: '1234.56' })
      assert.equal(statusCode, 201)
      assert.equal(body.state, 'completed')
      assert.equal(headers.location, `/payments/${body.id}`)
      assert.deepEqual(await client.eventsOf(body.id), [
        'created',
        'checked',
        'paid',
        'receipted',
        'completed',
      ])
      const { transfer, receipt, notification } = client.ledgersOf(body.id)
      assert.equal(transfer?.amount, '1234.56')
      assert.equal(transfer?.transferId, body.transferId)
      assert.equal(receipt?.inn, inn)
      assert.equal(receipt?.receiptId, body.receiptId)
      assert.match(notification?.text ?? '', /1234\.56 rubles/)
      for (const line of [transfer, receipt, notification]) assert.equal(line?.asked, 1)
      assert.deepEqual((await client.get(body.id)).body, body)
    })

    test('are the same payment when the request is repeated', async () => {
      const given = { inn: await registeredInn(fixture), amount: '10.00', purpose: 'twice' }
      const key = randomUUID()
      const first = await client.pay(given, key)
      const again = await client.pay({ ...given, purpose: ' twice ' }, key)
      assert.equal(again.statusCode, 200)
      assert.deepEqual(again.body, first.body)
      for (const other of [{ amount: '10.01' }, { purpose: 'thrice' }]) {
        const refused = await client.refused({ ...given, ...other }, key)
        assert.equal(refused.statusCode, 409)
        assert.equal(refused.body.error.code, 'IDEMPOTENCY_KEY_REUSED')
      }
      assert.equal(client.transfersWith('twice').length, 1)
    })

    test('are one payment for many who send the same request at once', async () => {
      const given = { inn: await registeredInn(fixture), purpose: 'at once' }
      const key = randomUUID()
      const answers = await Promise.all(Array.from({ length: 20 }, () => client.pay(given, key)))
      const codes = answers.map(({ statusCode }) => statusCode)
      assert.equal(codes.filter((code) => code === 201).length, 1, codes.join())
      assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1)
      assert.equal(client.transfersWith('at once').length, 1)
    })

    test('are shown to the client service that wanted them, and to no other', async () => {
      const inn = await registeredInn(fixture)
      const { id } = (await client.pay({ inn })).body
      const stranger = { authorization: `Bearer ${await fixture.keyOf('a stranger')}` }
      const paths = [`/payments/${id}`, `/payments/${id}/events`]
      for (const path of paths) {
        const hidden = await fixture.get<ErrorBody>(path, stranger)
        assert.equal(hidden.statusCode, 404)
        assert.equal(hidden.body.error.code, 'PAYMENT_UNKNOWN')
        assert.equal((await fixture.get(path)).statusCode, 200)
      }
      const annulment = [`/payments/${id}/annulment`, { reason: 'mistake' }] as const
      assert.equal((await fixture.post(...annulment, stranger)).statusCode, 404)
      assert.equal((await client.get(id)).body.state, 'completed')
      const list = await fixture.get<{ payments: object[] }>(`/payments?inn=${inn}`, stranger)
      assert.deepEqual(list.body.payments, [])
      assert.equal((await client.list(`inn=${inn}`)).body.payments.length, 1)
      assert.equal((await fixture.get('/payments?client=demo', stranger)).statusCode, 400)
    })

    test('of other clients have keys of their own', async () => {
      const key = randomUUID()
      const given = { inn: await registeredInn(fixture), purpose: 'own keys' }
      const one = await client.pay(given, key)
      const authorization = `Bearer ${await fixture.keyOf('another service')}`
      const other = await fixture.post<{ id: string; client: string }>(
        '/payments',
        { amount: '1.00', ...given },
        { authorization, 'idempotency-key': key },
      )
      assert.equal(other.statusCode, 201)
      assert.notEqual(other.body.id, one.body.id)
      assert.equal(other.body.client, 'another service')
    })

    test('are refused when the contractor is not self-employed', async () => {
      const inn = await registeredInn(fixture, { isSelfEmployed: false })
      const { statusCode, body } = await client.pay({ inn })
      assert.equal(statusCode, 201)
      assert.equal(body.state, 'refused')
      assert.equal(body.refusal?.code, 'NOT_SELF_EMPLOYED')
      assert.equal(client.ledgersOf(body.id).transfer, undefined)
    })

    test('are refused when the bank refuses, and the income is free for others', async () => {
      const inn = await registeredInn(fixture, { account: '40817810000000000099' })
      const { body } = await client.pay({ inn, amount: '2400000.00' })
      assert.equal(body.state, 'refused')
      assert.deepEqual(body.refusal, { code: 'BANK_REFUSED', message: 'The account is closed.' })
      assert.equal(client.ledgersOf(body.id).receipt, undefined)
      assert.equal(await client.incomeOf(inn), 0)
    })

    test('may reach the yearly limit, and not pass it', async () => {
      const inn = await registeredInn(fixture)
      assert.equal((await client.pay({ inn, amount: '2399999.99' })).body.state, 'completed')
      const over = await client.pay({ inn, amount: '0.02' })
      assert.equal(over.body.refusal?.code, 'YEARLY_LIMIT')
      assert.equal((await client.pay({ inn, amount: '0.01' })).body.state, 'completed')
      assert.equal(client.receiptsOf(inn).length, 2)
    })

    test('can not pass the yearly limit together', async () => {
      const inn = await registeredInn(fixture)
      const wanted = Array.from({ length: 20 }, () => client.pay({ inn, amount: '200000.00' }))
      const states = (await Promise.all(wanted)).map(({ body }) => body.state)
      assert.equal(states.filter((state) => state === 'completed').length, 12, states.join())
      assert.equal(client.receiptsOf(inn).length, 12)
      assert.equal(await client.incomeOf(inn), 240_000_000)
    })

    test('count for the year in Moscow', async () => {
      const inn = await registeredInn(fixture)
      await client.pay({ inn, amount: '2400000.00' })
      // From midnight of 1 January 2030 in UTC: a year less three hours, less a moment.
      const almost = 365 * 86_400_000 - 3 * 3_600_000 - 1
      fixture.advance(almost)
      assert.equal((await client.pay({ inn })).body.refusal?.code, 'YEARLY_LIMIT')
      fixture.advance(1)
      assert.equal((await client.pay({ inn })).body.state, 'completed')
      fixture.advance(-almost - 1)
    })

    test('are annulled once, and their income is free again', async () => {
      const inn = await registeredInn(fixture)
      const { body } = await client.pay({ inn, amount: '5.00' })
      const annulled = await client.annul(body.id)
      assert.equal(annulled.statusCode, 200)
      assert.equal(annulled.body.state, 'annulled')
      assert.equal(await client.incomeOf(inn), 0)
      assert.deepEqual((await client.annul(body.id)).body, annulled.body)
      const { annulments } = fixture.neighbours.taxAuthority.ledger()
      assert.equal(annulments.filter((line) => line.receiptId === body.receiptId).length, 1)
    })

    test('that are not completed can not be annulled', async () => {
      const inn = await registeredInn(fixture, { isSelfEmployed: false })
      const { body } = await client.pay({ inn })
      const refused = await client.annul<ErrorBody>(body.id)
      assert.equal(refused.statusCode, 409)
      assert.match(refused.body.error.message, /refused: nothing was paid/)
    })

    test('are listed newest first, page by page, by what they are filtered by', async () => {
      const inn = await registeredInn(fixture)
      const ids: string[] = []
      for (const amount of ['1.00', '2.00', '3.00']) {
        ids.unshift((await client.pay({ inn, amount })).body.id)
        fixture.advance(1000)
      }
      const first = await client.list(`inn=${inn}&limit=2`)
      const second = await client.list(`inn=${inn}&limit=2&before=${first.body.next}`)
      const found = [...first.body.payments, ...second.body.payments]
      assert.deepEqual(
        found.map(({ id }) => id),
        ids,
      )
      assert.equal(second.body.next, null)
      const [newest] = found
      const counts = await Promise.all(
        [
          'state=completed',
          'state=refused',
          `from=${newest?.createdAt}`,
          `until=${newest?.createdAt}`,
        ].map(async (filter) => (await client.list(`inn=${inn}&${filter}`)).body.payments.length),
      )
      assert.deepEqual(counts, [3, 0, 1, 2])
    })

    test('are refused with the reason when something is wrong with the request', async () => {
      const inn = await registeredInn(fixture)
      for (const [wrong, code] of [
        [{ inn: `${inn.slice(0, 10)}00` }, 'INN_CHECKSUM'],
        [{ amount: '1.5' }, 'AMOUNT_FORM'],
        [{ amount: '-1.00' }, 'AMOUNT_FORM'],
        [{ amount: '1e3' }, 'AMOUNT_FORM'],
        [{ amount: '0.00' }, 'AMOUNT_RANGE'],
        [{ amount: '2400000.01' }, 'AMOUNT_RANGE'],
        [{ amount: 5 }, 'VALIDATION_FAILED'],
        [{ purpose: '' }, 'TEXT_INVALID'],
        [{ purpose: 'a\nb' }, 'TEXT_INVALID'],
        [{ urgent: true }, 'VALIDATION_FAILED'],
      ] as const) {
        const { statusCode, body } = await client.refused({ inn, ...wrong })
        assert.equal(statusCode, 400)
        assert.equal(body.error.code, code)
      }
      const given = { inn, amount: '1.00', purpose: 'no key' }
      const without = await fixture.post<ErrorBody>('/payments', given)
      assert.equal(without.body.error.code, 'IDEMPOTENCY_KEY_MISSING')
      assert.equal(
        (await client.refused({ inn }, 'two words')).body.error.code,
        'IDEMPOTENCY_KEY_FORM',
      )
      assert.equal((await client.list(`inn=${inn}`)).body.payments.length, 0)
    })

    test('that nobody knows are 404', async () => {
      for (const path of [randomUUID(), `${randomUUID()}/events`]) {
        assert.equal((await fixture.get(`/payments/${path}`)).statusCode, 404)
      }
      assert.equal((await client.annul(randomUUID())).statusCode, 404)
      assert.equal((await fixture.get('/payments/7')).statusCode, 400)
    })

    test('to somebody without an account wait for the registration', async () => {
      const inn = await registeredInn(fixture)
      await fixture.rows(
        'UPDATE contractors SET phone = NULL, account = NULL, registered_at = NULL WHERE inn = $1',
        inn,
      )
      const { statusCode, body } = await client.refused({ inn })
      assert.equal(statusCode, 409)
      assert.equal(body.error.code, 'CONTRACTOR_WITHOUT_ACCOUNT')
    })

    test('can not be moved between states but as the service moves them', async () => {
      const inn = await registeredInn(fixture)
      const { body } = await client.pay({ inn })
      await assert.rejects(
        fixture.rows(
          "UPDATE payments SET state = 'created', claimed_until = now() WHERE id = $1",
          body.id,
        ),
        /is completed, and can not become created/,
      )
    })
  })
}
