import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import {
  Cancelled,
  shield,
  spawn,
  synced,
  TimedOut,
  toAsync,
  wait,
  withTimeout,
} from 'greenthreads'
import pg from 'pg'
import { postgres, postgresMissing } from '../support/servers.ts'

const skip = await postgresMissing()
const pool = new pg.Pool({ ...postgres, max: 2 })
const table = `greenthreads_accounts_${process.pid}`

after(async () => {
  if (skip === false) await pool.query(`drop table if exists ${table}`)
  await pool.end()
})

beforeEach(async () => {
  if (skip !== false) return
  await pool.query(`drop table if exists ${table}`)
  await pool.query(`create table ${table} (name text primary key, amount int not null)`)
  await pool.query(`insert into ${table} values ('ann', 10), ('bob', 0)`)
})

/** As in docs/conversions.md. */
function transaction<R>(pool: pg.Pool, work: (client: pg.PoolClient) => R): R {
  // A connection that arrives after the thread has left would be lost to the pool.
  const client = shield(() => wait(pool.connect()))
  try {
    wait(client.query('begin'))
    const result = work(client)
    wait(client.query('commit'))
    client.release()
    return result
  } catch (error) {
    client.release(true) // it may be in the middle of a query: closed, not used again
    throw error
  }
}

function amountOf(name: string): number {
  const { rows } = wait(
    pool.query<{ amount: number }>(`select amount from ${table} where name = $1`, [name]),
  )
  return rows[0]?.amount ?? Number.NaN
}

/** Holds a lock of the database while `run` runs. */
async function whileLocked(run: (key: number, unlock: () => Promise<void>) => Promise<void>) {
  const key = process.pid
  const client = new pg.Client(postgres)
  await client.connect()
  await client.query('select pg_advisory_lock($1)', [key])
  try {
    await run(key, async () => void (await client.query('select pg_advisory_unlock($1)', [key])))
  } finally {
    await client.end()
  }
}

/** A query has arrived at the server and waits there. */
async function untilBlocked(key: number): Promise<void> {
  const text = 'select 1 from pg_locks where locktype = $1 and objid = $2 and not granted'
  while ((await pool.query(text, ['advisory', key])).rowCount === 0) {
    // Each query is a turn of the server.
  }
}

test('the methods of a pool and its clients wait', { skip }, async () => {
  const db = synced(pool)
  const thread = spawn(() => {
    const client = db.connect()
    try {
      const { rows } = client.query('select $1::int + 1 as sum', [1])
      return [rows[0]?.sum, db.query('select now() as now').rows[0]?.now instanceof Date]
    } finally {
      client.release()
    }
  })
  assert.deepEqual(await thread, [2, true])
  assert.equal(pool.idleCount, pool.totalCount)
})

test('many threads share the connections of a pool', { skip }, async () => {
  const db = synced(pool)
  const threads = Array.from({ length: 50 }, (_, i) =>
    spawn(() => db.query('select $1::int as n', [i]).rows[0]?.n),
  )
  assert.deepEqual(
    await Promise.all(threads),
    threads.map((_, i) => i),
  )
  assert.ok(pool.totalCount <= 2)
})

test('an error of the server has the synchronous stack', { skip }, async () => {
  const thread = spawn(function report() {
    return synced(pool).query('select broken')
  })
  await assert.rejects(
    async () => await thread,
    (error: Error & { code?: string }) => {
      assert.equal(error.code, '42703')
      assert.match(error.stack ?? '', /waited for by green thread[\s\S]*report/)
      return true
    },
  )
})

test('a transaction commits, and is undone when it fails', { skip }, async () => {
  const pay = (amount: number, isRefused: boolean) => (client: pg.PoolClient) => {
    const add = `update ${table} set amount = amount + $2 where name = $1`
    wait(client.query(add, ['ann', -amount]))
    if (isRefused) throw new Error('refused')
    wait(client.query(add, ['bob', amount]))
    return amount
  }
  await spawn(() => {
    assert.equal(transaction(pool, pay(4, false)), 4)
    assert.throws(() => transaction(pool, pay(3, true)), /refused/)
    assert.deepEqual([amountOf('ann'), amountOf('bob')], [6, 4])
  })
})

test('the connection of a cancelled transaction is destroyed', { skip }, async () => {
  await whileLocked(async (key) => {
    let pid = 0
    const thread = spawn(() =>
      transaction(pool, (client) => {
        pid =
          wait(client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0
        wait(client.query(`update ${table} set amount = 100`))
        wait(client.query('select pg_advisory_lock($1)', [key]))
      }),
    )
    await untilBlocked(key)
    const before = pool.totalCount
    thread.cancel()
    await assert.rejects(async () => await thread, Cancelled)
    assert.equal(pool.totalCount, before - 1)
    const query = 'select pg_backend_pid() as pid'
    const clients = await Promise.all([pool.connect(), pool.connect()])
    const pids = await Promise.all(clients.map(async (c) => (await c.query(query)).rows[0].pid))
    for (const client of clients) client.release()
    assert.ok(!pids.includes(pid))
  })
  assert.equal(await toAsync(amountOf)('ann'), 10)
})

test('a deadline within a query destroys the connection as well', { skip }, async () => {
  await whileLocked(async (key) => {
    const thread = spawn(() => {
      const before = pool.totalCount
      const work = (client: pg.PoolClient) =>
        wait(client.query('select pg_advisory_lock($1)', [key]))
      assert.throws(() => withTimeout(20, () => transaction(pool, work)), TimedOut)
      assert.ok(pool.totalCount < Math.max(before, 1) + 1)
      return wait(pool.query('select 1 as one')).rows[0].one
    })
    assert.equal(await thread, 1)
  })
})

test('a query of the pool that is left comes to its end before its connection is used again', {
  skip,
}, async () => {
  const single = new pg.Pool({ ...postgres, max: 1 })
  try {
    await whileLocked(async (key, unlock) => {
      const thread = spawn(() => synced(single).query('select pg_advisory_lock($1)', [key]))
      await untilBlocked(key)
      thread.cancel()
      await assert.rejects(async () => await thread, Cancelled)
      const next = spawn(() => synced(single).query('select 2 as two').rows[0]?.two)
      await unlock()
      assert.equal(await next, 2)
      assert.equal(single.totalCount, 1)
      await single.query('select pg_advisory_unlock_all()')
    })
  } finally {
    await single.end()
  }
})

test('a thread that is cancelled while it waits for a connection loses none', {
  skip,
}, async () => {
  const clients = await Promise.all([pool.connect(), pool.connect()])
  const thread = spawn(() => transaction(pool, () => 'never'))
  thread.cancel()
  for (const client of clients) client.release()
  await assert.rejects(async () => await thread, Cancelled)
  assert.equal(pool.waitingCount, 0)
  assert.equal(pool.idleCount, pool.totalCount)
})
