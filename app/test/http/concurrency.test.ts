import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { Agent, request } from 'undici'
import { demoContractors } from '../../src/storage/seed.ts'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'
import { authorization, ServiceFixture } from '../support/service-fixture.ts'

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
        behaviour: { latencyMs: 500, crowd: users },
      })
      address = await fixture.service.server.listen({ host: '127.0.0.1', port: 0 })
    })
    after(async () => {
      await fixture.close()
      await database.drop()
    })

    test('wait together for a tax authority that takes half a second, and all are answered', async () => {
      const dispatcher = new Agent({ connections: users })
      const answers = await Promise.all(
        demoContractors(users).map(({ inn }) =>
          request(`${address}/contractors/${inn}/status`, { dispatcher, headers: authorization }),
        ),
      )
      for (const { statusCode, body } of answers) {
        assert.equal(statusCode, 200)
        assert.equal(((await body.json()) as { source: string }).source, 'tax-authority')
      }
      await dispatcher.close()

      const { questions, mostUnderWay } = fixture.simulator.counts
      assert.equal(questions, users)
      assert.equal(mostUnderWay, users)
    })

    test('who need nothing of a silent tax authority are answered while others wait for it', async () => {
      const unasked = demoContractors(users + 20).slice(users)
      const [known = '', last = '', ...others] = unasked.map(({ inn }) => inn)
      fixture.simulator.change({ crowd: 1, latencyMs: 0 })
      await fixture.status(known)

      fixture.simulator.change({ crowd: others.length + 1 })
      const waiting = others.map((inn) => fixture.status(inn))
      const early = Promise.race(waiting).then(({ statusCode }) => {
        assert.fail(`One was answered (${statusCode}) before all had asked`)
      })
      while (fixture.simulator.counts.underWay < others.length) {
        await Promise.race([once(fixture.simulator.events, 'begin'), early])
      }
      early.catch(() => {}) // from here on they may be answered
      assert.equal((await fixture.status(known)).body.source, 'stored')
      assert.equal(fixture.simulator.counts.underWay, others.length)

      await fixture.status(last)
      for (const answer of await Promise.all(waiting)) assert.equal(answer.statusCode, 200)
    })
  })
}
