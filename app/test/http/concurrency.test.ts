import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Agent, request } from 'undici'
import { demoContractors } from '../../src/storage/seed.ts'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'
import { ServiceFixture } from '../support/service-fixture.ts'

const users = 200

for (const kind of await everyDatabase()) {
  describe(`${users} users at once, on ${kind.name}`, { skip: kind.skip }, () => {
    let database: TestDatabase
    let fixture: ServiceFixture
    let address: string

    before(async () => {
      database = await kind.create()
      fixture = await ServiceFixture.open({
        databaseUrl: database.url,
        latencyMs: 500,
        taxTimeoutMs: 30_000,
      })
      address = await fixture.service.server.listen({ host: '127.0.0.1', port: 0 })
    })
    after(async () => {
      await fixture.close()
      await database.drop()
    })

    test('all wait for a slow tax authority together, and all are answered', async () => {
      const dispatcher = new Agent({ connections: users })
      const answers = await Promise.all(
        demoContractors(users).map(({ inn }) =>
          request(`${address}/contractors/${inn}/status`, { dispatcher }),
        ),
      )
      for (const { statusCode, body } of answers) {
        assert.equal(statusCode, 200)
        assert.equal(((await body.json()) as { source: string }).source, 'tax-authority')
      }
      await dispatcher.close()

      const { questions, mostUnderWay } = fixture.simulator.counts
      assert.equal(questions, users)
      assert.ok(mostUnderWay > 150, `the tax authority saw at most ${mostUnderWay} at once`)
    })
  })
}
