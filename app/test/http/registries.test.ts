import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { ErrorBody } from '../../src/http/error-reply.ts'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'
import { registeredInn, strangersInn } from '../support/inns.ts'
import { PaymentClient } from '../support/payment-client.ts'
import { type Answer, ServiceFixture } from '../support/service-fixture.ts'

interface RegistryAnswer {
  readonly id: string
  readonly state: string
  readonly rows: number
  readonly errors: number
  readonly progress: Readonly<Record<string, number>>
}

for (const kind of await everyDatabase()) {
  // Many times as many as are worked on at once; each takes the embedded database 20 ms of computing.
  const length = kind.name === 'embedded' ? 200 : 1000

  describe(`registers, on ${kind.name}`, { skip: kind.skip }, () => {
    let database: TestDatabase
    let fixture: ServiceFixture
    let client: PaymentClient

    before(async () => {
      database = await kind.create()
      fixture = await ServiceFixture.open({ databaseUrl: database.url })
      client = new PaymentClient(fixture)
    })
    after(async () => {
      await fixture.close()
      await database.drop()
    })

    test('are paid line by line, as CSV and as JSON', async () => {
      const inns = [await registeredInn(fixture), await registeredInn(fixture)]
      const csv = `\ufeffINN;amount;purpose\r\n${inns.map((inn) => `${inn};10.00;"work; ""good"""\r\n`).join('')}`
      const json = { payments: inns.map((inn) => ({ inn, amount: '10.00', purpose: 'work' })) }
      for (const uploaded of [await upload(csv), await upload(json)]) {
        assert.equal(uploaded.statusCode, 202, JSON.stringify(uploaded.body))
        const registry = await finished(uploaded.body.id)
        assert.deepEqual(registry.progress, { open: 0, completed: 2, refused: 0, annulled: 0 })
        const { body } = await client.list(`registryId=${registry.id}`)
        assert.deepEqual(body.payments.map(({ inn }) => inn).sort(), [...inns].sort())
      }
      assert.equal(client.transfersWith('work; "good"').length, 2)
    })

    test('are the same register when they are sent again', async () => {
      const inn = await registeredInn(fixture)
      const csv = `inn,amount,purpose\n${inn},1.00,sent twice\n`
      const key = randomUUID()
      const first = await upload(csv, key)
      const again = await upload(csv, key)
      assert.equal(again.statusCode, 200)
      assert.equal(again.body.id, first.body.id)
      const other = await upload<ErrorBody>(csv.replace('1.00', '2.00'), key)
      assert.equal(other.statusCode, 409)
      await finished(first.body.id)
      assert.equal(client.transfersWith('sent twice').length, 1)
    })

    test('with lines that can not be paid are refused whole, with the reason for each line', async () => {
      const inn = await registeredInn(fixture)
      const stranger = strangersInn()
      const csv = [
        'inn,amount,purpose',
        `${inn},1.00,nothing of this is paid`,
        `${inn.slice(0, 11)}${(Number(inn[11]) + 1) % 10},1.00,mistyped`,
        `${inn},-1,negative`,
        '',
        `${inn},1.00`,
        `${inn},1.00,many,fields`,
        `${stranger},1.00,unknown`,
      ].join('\n')
      const refused = await upload(csv)
      assert.equal(refused.statusCode, 422)
      assert.equal(refused.body.state, 'refused')
      assert.equal(refused.body.errors, 5)
      const path = `/registries/${refused.body.id}/errors`
      const first = await fixture.get<Errors>(`${path}?limit=3`)
      const second = await fixture.get<Errors>(`${path}?limit=3&after=${first.body.next}`)
      assert.deepEqual(
        [...first.body.errors, ...second.body.errors].map(({ line, code }) => [line, code]),
        [
          [3, 'INN_CHECKSUM'],
          [4, 'AMOUNT_FORM'],
          [6, 'ROW_FORM'],
          [7, 'ROW_FORM'],
          [8, 'CONTRACTOR_UNKNOWN'],
        ],
      )
      assert.equal((await client.list(`inn=${inn}`)).body.payments.length, 0)
    })

    test('may leave out the lines that can not be paid', async () => {
      const inn = await registeredInn(fixture)
      const csv = `inn,amount,purpose\n${inn},1.00,paid\n${inn},none,not paid\n`
      const { statusCode, body } = await upload(csv, randomUUID(), '?invalidRows=skip')
      assert.equal(statusCode, 202)
      const registry = await finished(body.id)
      assert.equal(registry.rows, 2)
      assert.equal(registry.errors, 1)
      assert.equal(registry.progress.completed, 1)
    })

    test('that are no such files are refused with the reason', async () => {
      for (const [file, code] of [
        ['', 'REGISTRY_HEADER'],
        ['inn,amount\n', 'REGISTRY_HEADER'],
        ['inn,amount,purpose,colour\n', 'REGISTRY_HEADER'],
        ['inn,amount,purpose\n"7701,1.00,open', 'REGISTRY_CSV'],
        [`inn,amount,purpose\n${'7'.repeat(20_000)}`, 'REGISTRY_CSV'],
        [Buffer.from('inn,amount,purpose\n1,2,\xd0\xe0', 'latin1'), 'REGISTRY_ENCODING'],
        [{ payments: 'none' }, 'VALIDATION_FAILED'],
        [{}, 'VALIDATION_FAILED'],
      ] as const) {
        const { statusCode, body } = await upload<ErrorBody>(file)
        assert.equal(statusCode, 400, JSON.stringify(body))
        assert.equal(body.error.code, code)
      }
    })

    test('that are neither CSV nor JSON are refused, and so is nothing at all', async () => {
      const key = { 'idempotency-key': randomUUID() }
      const nothing = await fixture.post<ErrorBody>('/registries', undefined, key)
      assert.equal(nothing.statusCode, 400)
      assert.equal(nothing.body.error.code, 'REGISTRY_MISSING')
      const type = { ...key, 'content-type': 'text/plain' }
      const text = await fixture.post<ErrorBody>('/registries', 'a text' as unknown as object, type)
      assert.equal(text.statusCode, 415)
    })

    test('that are too long are refused', async () => {
      const line = `${await registeredInn(fixture)},1.00,one of many\n`
      const csv = `inn,amount,purpose\n${line.repeat(50_001)}`
      const { statusCode, body } = await upload<ErrorBody>(csv)
      assert.equal(statusCode, 413)
      assert.equal(body.error.code, 'REGISTRY_TOO_LARGE')
    })

    test('of many payments are worked on together, and listed with how far they are', async () => {
      const inn = await registeredInn(fixture)
      const lines = Array.from({ length }, (_, index) => `${inn},1.00,part ${index}`)
      const { body } = await upload(`inn,amount,purpose\n${lines.join('\n')}`)
      const registry = await finished(body.id)
      assert.equal(registry.progress.completed, length)
      const list = await fixture.get<{ registries: RegistryAnswer[] }>('/registries?limit=1')
      assert.deepEqual(list.body.registries, [registry])
      const purposes = client.receiptsOf(inn).map(({ purpose }) => purpose)
      assert.equal(new Set(purposes).size, length)
      assert.equal(purposes.length, length)
    })

    test('are shown to the client service that sent them, and to no other', async () => {
      const { body } = await upload(
        `inn,amount,purpose\n${await registeredInn(fixture)},1.00,own\n`,
      )
      await finished(body.id)
      const stranger = { authorization: `Bearer ${await fixture.keyOf('a stranger')}` }
      for (const path of [`/registries/${body.id}`, `/registries/${body.id}/errors`]) {
        const hidden = await fixture.get<ErrorBody>(path, stranger)
        assert.equal(hidden.statusCode, 404)
        assert.equal(hidden.body.error.code, 'REGISTRY_UNKNOWN')
        assert.equal((await fixture.get(path)).statusCode, 200)
      }
      const list = await fixture.get<{ registries: object[] }>('/registries', stranger)
      assert.deepEqual(list.body.registries, [])
    })

    async function upload<Body = RegistryAnswer>(
      file: string | Buffer | object,
      key: string = randomUUID(),
      query = '',
    ): Promise<Answer<Body>> {
      const isFile = typeof file === 'string' || Buffer.isBuffer(file)
      return await fixture.post<Body>(`/registries${query}`, file as object, {
        'idempotency-key': key,
        'content-type': isFile ? 'text/csv' : 'application/json',
      })
    }

    /** Asks again and again, as a client would. */
    async function finished(id: string): Promise<RegistryAnswer> {
      for (;;) {
        const { body } = await fixture.get<RegistryAnswer>(`/registries/${id}`)
        if (body.state !== 'processing') return body
        // The embedded database answers within a turn of the event loop: the neighbours need one, too.
        await setImmediate()
      }
    }
  })
}

interface Errors {
  readonly errors: readonly { readonly line: number; readonly code: string }[]
  readonly next: number | null
}
