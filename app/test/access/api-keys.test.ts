import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { toAsync } from 'greenthreads'
import { ApiKeys } from '../../src/access/api-keys.ts'
import { renewDemoKeys } from '../../src/access/demo-keys.ts'
import { ApiKeyRepository } from '../../src/storage/api-key-repository.ts'
import { connectDatabase } from '../../src/storage/connect.ts'
import type { Database } from '../../src/storage/database.ts'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'

for (const kind of await everyDatabase()) {
  describe(`API keys, on ${kind.name}`, { skip: kind.skip }, () => {
    let testDatabase: TestDatabase
    let database: Database
    let repository: ApiKeyRepository
    let now = new Date('2030-01-01T00:00:00Z')
    const clock = (): Date => now

    before(async () => {
      testDatabase = await kind.create()
      await toAsync(() => {
        database = connectDatabase({
          databaseUrl: testDatabase.url,
          databaseDir: undefined,
          databaseConnections: 2,
          demoContractors: 0,
          onIdleError: assert.ifError,
        })
      })()
      repository = new ApiKeyRepository(database)
    })
    after(async () => {
      await toAsync(() => database.close())()
      await testDatabase.drop()
    })

    function green(name: string, body: () => void): void {
      test(name, () => toAsync(body)())
    }

    green('belong to the client for which they were made, with its scopes', () => {
      const keys = new ApiKeys(database, clock)
      const { id, key } = keys.create('payroll', ['payments:read', 'payments:write'])
      assert.deepEqual(keys.callerWith(key), {
        keyId: id,
        client: 'payroll',
        scopes: ['payments:read', 'payments:write'],
      })
    })

    green('are nowhere in the database', () => {
      const { key } = new ApiKeys(database, clock).create('payroll', ['status:read'])
      const stored = JSON.stringify(database.query('SELECT * FROM api_keys'))
      assert.ok(!stored.includes(key))
      assert.ok(stored.includes(key.slice(0, 8)), 'but people can tell which is which')
    })

    green('remember when they were used last, to the minute', () => {
      const keys = new ApiKeys(database, clock)
      const { id, key } = keys.create('payroll', ['status:read'])
      const lastUse = (): Date | undefined =>
        repository.all().find((each) => each.id === id)?.lastUsedAt
      assert.equal(lastUse(), undefined)
      const first = now
      keys.callerWith(key)
      now = new Date(first.getTime() + 59_999)
      keys.callerWith(key)
      assert.deepEqual(lastUse(), first)
      now = new Date(first.getTime() + 60_000)
      keys.callerWith(key)
      assert.deepEqual(lastUse(), now)
    })

    green('that another replica has revoked stop working within a second', () => {
      const ours = new ApiKeys(database, clock)
      const theirs = new ApiKeys(database, clock)
      const { id, key } = ours.create('payroll', ['status:read'])
      ours.callerWith(key)
      assert.equal(theirs.revoke(id), true)
      now = new Date(now.getTime() + 1000)
      assert.throws(() => ours.callerWith(key), { code: 'API_KEY_REVOKED' })
      assert.equal(theirs.revoke(id), false, 'it is revoked already')
    })

    green('of the demo clients are renewed: the last ones stop working', () => {
      const keys = new ApiKeys(database, clock)
      const [first] = renewDemoKeys(repository, undefined, clock)
      const [second] = renewDemoKeys(repository, 'gtk_chosen_by_somebody', clock)
      assert.ok(first && second)
      assert.equal(second.key, 'gtk_chosen_by_somebody')
      assert.equal(keys.callerWith(second.key).client, 'demo')
      assert.throws(() => keys.callerWith(first.key), { code: 'API_KEY_UNKNOWN' })
    })
  })
}
