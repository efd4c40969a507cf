import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Cancelled, spawn, synced, toAsync, toSync, wait } from 'greenthreads'
import { type Generated, Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { never } from '../core/deferred.ts'
import { postgres, postgresMissing } from '../support/servers.ts'

interface Tables {
  person: { id: Generated<number>; name: string }
}

const skip = await postgresMissing()
const schema = `greenthreads_kysely_${process.pid}`
const pool = new pg.Pool({ ...postgres, options: `-c search_path=${schema}` })
const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })

before(async () => {
  if (skip !== false) return
  await db.schema.createSchema(schema).execute()
  await db.schema
    .createTable('person')
    .addColumn('id', 'serial', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .execute()
})

after(async () => {
  if (skip === false) await db.schema.dropSchema(schema).cascade().execute()
  await db.destroy()
})

function names(): string[] {
  return wait(db.selectFrom('person').select('name').orderBy('id').execute()).map(
    ({ name }) => name,
  )
}

test('queries are built as ever and waited for, with their types', { skip }, async () => {
  const thread = spawn(() => {
    const inserted = wait(
      db.insertInto('person').values({ name: 'ann' }).returning('id').executeTakeFirstOrThrow(),
    )
    return [inserted.id, names()]
  })
  assert.deepEqual(await thread, [1, ['ann']])
})

test('a facade of the database builds queries, and executes them waiting', { skip }, async () => {
  // Its types lose what Kysely infers; wait() takes a value as it takes a promise.
  const facade = synced(db) as unknown as typeof db
  const thread = spawn(() => {
    facade.insertInto('person').values({ name: 'bob' }).execute()
    return wait(facade.selectFrom('person').selectAll().where('name', '=', 'bob').execute())
  })
  assert.deepEqual(await thread, [{ id: 2, name: 'bob' }])
})

const transaction = toSync(<R>(work: (trx: Transaction<Tables>) => R) =>
  db.transaction().execute(toAsync(work)),
)

test('a transaction is written synchronously, and undone by an error', { skip }, async () => {
  const add = (name: string) => (trx: Transaction<Tables>) =>
    wait(trx.insertInto('person').values({ name }).execute())
  await spawn(() => {
    transaction(add('eve'))
    assert.throws(
      () =>
        transaction((trx) => {
          add('mallory')(trx)
          throw new Error('undone')
        }),
      /undone/,
    )
    assert.deepEqual(names(), ['ann', 'bob', 'eve'])
  })
})

test('cancelling the thread undoes its transaction', { skip }, async () => {
  let isInside = false
  const thread = spawn(() =>
    transaction((trx) => {
      wait(trx.deleteFrom('person').execute())
      isInside = true
      wait(never)
    }),
  )
  while (!isInside) await turn()
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  assert.deepEqual(await toAsync(names)(), ['ann', 'bob', 'eve'])
})
