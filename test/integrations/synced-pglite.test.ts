import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { PGlite, type Transaction } from '@electric-sql/pglite'
import { spawn, synced, toAsync, wait } from 'greenthreads'

const embedded = new PGlite()
const db = synced(embedded)

after(() => embedded.close())

test('queries wait, and rows are plain data', async () => {
  const thread = spawn(() => {
    db.exec('create table note (id int primary key, body jsonb, at timestamptz)')
    db.query('insert into note values ($1, $2, $3)', [1, { tags: ['a'] }, new Date(0)])
    return db.query('select * from note').rows
  })
  assert.deepEqual(await thread, [{ id: 1, body: { tags: ['a'] }, at: new Date(0) }])
})

test('a transaction takes a synchronous function, and is undone by an error', async () => {
  const remove = (tx: Transaction): void => {
    wait(tx.query('delete from note'))
    throw new Error('changed my mind')
  }
  await spawn(() => {
    assert.throws(() => db.transaction(toAsync(remove)), /changed my mind/)
    assert.equal(
      wait(embedded.query<{ n: number }>('select count(*)::int n from note')).rows[0]?.n,
      1,
    )
  })
})

test('errors of the database are thrown', async () => {
  await spawn(() => assert.throws(() => db.query('select broken'), /broken/))
})

test('threads take turns', async () => {
  const threads = [1, 2, 3].map((n) => spawn(() => db.query('select $1::int as n', [n]).rows[0]))
  assert.deepEqual(await Promise.all(threads), [{ n: 1 }, { n: 2 }, { n: 3 }])
})
