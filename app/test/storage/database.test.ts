import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { spawn, toAsync, wait } from 'greenthreads'
import { connectDatabase } from '../../src/storage/connect.ts'
import { ContractorRepository } from '../../src/storage/contractor-repository.ts'
import type { Database } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrations.ts'
import { demoContractors, seedContractors } from '../../src/storage/seed.ts'
import { TaxStatusRepository } from '../../src/storage/tax-status-repository.ts'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'
import { Gate } from '../support/gate.ts'

const contractors = demoContractors(5)
const [{ inn }] = contractors as [(typeof contractors)[0]]

for (const kind of await everyDatabase()) {
  describe(`the ${kind.name} database`, { skip: kind.skip }, () => {
    let testDatabase: TestDatabase
    let database: Database

    before(async () => {
      testDatabase = await kind.create()
      database = await toAsync(connectDatabase)({
        databaseUrl: testDatabase.url,
        databaseDir: undefined,
        databaseConnections: 2,
        demoContractors: contractors.length,
        onIdleError: assert.ifError,
      })
    })
    after(async () => {
      await toAsync(() => database.close())()
      await testDatabase.drop()
    })

    const green = (name: string, body: () => void): void => void test(name, toAsync(body))

    green('gives values back with the types they went in with', () => {
      const at = new Date('2030-01-02T03:04:05.678Z')
      const rows = database.query(
        'SELECT $1::text AS t, $2::integer AS i, $3::timestamptz AS at, $4::boolean AS b, $5::text AS n',
        ['text', 42, at, true, null],
      )
      assert.deepEqual({ ...rows[0] }, { t: 'text', i: 42, at, b: true, n: null })
    })

    green('throws what the database refuses where it was asked', () => {
      assert.throws(() => database.query('SELECT nonsense'), /nonsense/)
    })

    green('migrates and seeds once', () => {
      assert.deepEqual(migrate(database), [])
      assert.equal(seedContractors(database, contractors), 0)
    })

    green('finds a contractor by INN', () => {
      const repository = new ContractorRepository(database)
      const { registeredAt, ...found } = repository.get(inn)
      assert.deepEqual(found, contractors[0])
      assert.ok(registeredAt instanceof Date)
      assert.equal(repository.find('000000000000' as typeof inn), undefined)
    })

    green('keeps what a transaction did, and returns what it returned', () => {
      const result = database.transaction((queries) => {
        queries.query("UPDATE contractors SET name = 'kept' WHERE inn = $1", [inn])
        return 'done'
      })
      assert.equal(result, 'done')
      assert.equal(nameOf(database), 'kept')
    })

    green('forgets what a transaction did that threw, and throws the same', () => {
      const failure = new Error('on purpose')
      const work = (): unknown =>
        database.transaction((queries) => {
          queries.query("UPDATE contractors SET name = 'half' WHERE inn = $1", [inn])
          throw failure
        })
      assert.throws(work, failure)
      assert.notEqual(nameOf(database), 'half')
    })

    green(
      'does not commit a transaction whose statement was refused, even if nobody minded',
      () => {
        const work = (): unknown =>
          database.transaction((queries) => {
            queries.query("UPDATE contractors SET name = 'half' WHERE inn = $1", [inn])
            assert.throws(() => queries.query('SELECT nonsense'))
          })
        assert.throws(work, /abort|rolled back/i)
        assert.notEqual(nameOf(database), 'half')
      },
    )

    green('hides a transaction from everybody else until it is over', () => {
      const begun = new Gate()
      const writer = spawn(() =>
        database.transaction((queries) => {
          queries.query("UPDATE contractors SET name = 'both' WHERE inn = $1", [inn])
          begun.open()
          queries.query("UPDATE contractors SET name = 'whole' WHERE inn = $1", [inn])
        }),
      )
      wait(begun.opened)
      assert.notEqual(nameOf(database), 'both')
      writer.join()
      assert.equal(nameOf(database), 'whole')
    })

    green('forgets the transaction of a cancelled thread and gets its connection back', () => {
      for (let round = 0; round < 10; round++) {
        const begun = new Gate()
        const thread = spawn(() =>
          database.transaction((queries) => {
            queries.query("UPDATE contractors SET name = 'half' WHERE inn = $1", [inn])
            begun.open()
            wait(new Promise(() => undefined))
          }),
        )
        wait(begun.opened)
        thread.cancel()
        assert.throws(() => thread.join(), { code: 'ERR_GT_CANCELLED' })
      }
      assert.notEqual(nameOf(database), 'half')
    })

    green('gets the connection back that a thread was cancelled for while it waited for it', () => {
      for (let round = 0; round < 10; round++) {
        const thread = spawn(() => database.transaction(() => assert.fail('never begins')))
        thread.cancel()
        assert.throws(() => thread.join(), { code: 'ERR_GT_CANCELLED' })
      }
      assert.equal(
        database.transaction((queries) => queries.query('SELECT 1').length),
        1,
      )
    })

    green('keeps the status that was checked last, in whichever order two are stored', () => {
      const statuses = new TaxStatusRepository(database)
      const older = { standing: 'self-employed', checkedAt: new Date('2030-01-01') } as const
      const newer = { standing: 'not-self-employed', checkedAt: new Date('2030-01-02') } as const
      statuses.store(inn, newer)
      statuses.store(inn, older)
      assert.deepEqual(statuses.find(inn), newer)
      assert.equal(database.query('SELECT 1 FROM tax_checks WHERE inn = $1', [inn]).length, 2)
    })

    green('is migrated once by services that start at the same time', () => {
      database.query('DROP SCHEMA public CASCADE')
      database.query('CREATE SCHEMA public')
      const starting = [1, 2, 3].map(() => spawn(() => migrate(database)))
      const done = starting.flatMap((thread) => thread.join())
      const rows = database.query<{ name: string }>('SELECT name FROM schema_migrations')
      assert.deepEqual(
        done,
        rows.map(({ name }) => name),
      )
      assert.equal(done[0], '001-contractors')
    })

    function nameOf(from: Database): unknown {
      return from.query('SELECT name FROM contractors WHERE inn = $1', [inn])[0]?.name
    }
  })
}
