import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type GreenThread, spawn, toAsync, wait } from 'greenthreads'
import pg from 'pg'
import { Database } from '../src/storage/database.ts'
import { PostgresDriver } from '../src/storage/postgres-driver.ts'
import { everyDatabase, type TestDatabase } from '../test/support/every-database.ts'

const users = 800
const connections = 10
const cancellations = 1000
const [, kind] = await everyDatabase()
assert.ok(kind)

describe(`${users} users and ${connections} connections`, { skip: kind.skip }, () => {
  const applicationName = `connections ${randomBytes(6).toString('hex')}`
  let testDatabase: TestDatabase
  let database: Database
  let observer: pg.Client

  before(async () => {
    testDatabase = await kind.create()
    const url = new URL(testDatabase.url ?? '')
    url.searchParams.set('application_name', applicationName)
    database = new Database(
      new PostgresDriver({
        url: url.href,
        connections,
        queueTimeoutMs: 240_000,
        onIdleError: assert.ifError,
      }),
    )
    observer = new pg.Client({ connectionString: testDatabase.url })
    await observer.connect()
    await observer.query('CREATE TABLE accounts (id integer PRIMARY KEY, balance integer NOT NULL)')
    await observer.query('INSERT INTO accounts SELECT id, 0 FROM generate_series(0, 99) AS id')
  })
  after(async () => {
    await toAsync(() => database.close())()
    await observer.end()
    await testDatabase.drop()
  })

  test('never have more than that, and lose none', async () => {
    const served = Array.from({ length: users }, (_, user) => spawn(() => serve(user)))
    const most = await mostWhile(Promise.all(served.map((thread) => thread.toPromise())))
    assert.ok(most <= connections, `${most} connections at once`)
    assert.equal(await balance(), users)
    assertAllFree()
  })

  test(`never have more than that after ${cancellations} cancellations, wherever they strike`, async () => {
    const before = await balance()
    const random = randomFrom(20_301)
    let finished = 0
    const cancelled = async (): Promise<void> => {
      for (let begun = 0; begun < cancellations; begun += 50) {
        const threads = Array.from({ length: 50 }, (_, index) => spawn(() => serve(begun + index)))
        await Promise.all(threads.map((thread) => cancelAfter(thread, Math.floor(random() * 12))))
        finished += threads.filter((thread) => thread.state === 'finished').length
      }
    }
    const most = await mostWhile(cancelled())
    assert.ok(most <= connections, `${most} connections at once`)
    assert.ok(finished < cancellations, 'some were cancelled')
    // The pool serves as many as before: a connection that was lost would be missing now.
    const held = Array.from({ length: connections }, () => new Held(database))
    await Promise.all(held.map(({ begun }) => begun))
    for (const { end } of held) end()
    await Promise.all(held.map(({ thread }) => thread.toPromise()))
    assertAllFree()
    const after = await balance()
    assert.ok(after >= before + finished, 'what was committed stays')
    assert.equal((await observer.query('SELECT 1 FROM accounts WHERE balance < 0')).rowCount, 0)
  })

  /** What a request does: it reads, works in a transaction with a wait in the middle, and reads again. */
  function serve(user: number): void {
    database.query('SELECT balance FROM accounts WHERE id = $1', [user % 100])
    database.transaction((queries) => {
      queries.query('UPDATE accounts SET balance = balance + 1 WHERE id = $1', [user % 100])
      queries.query('SELECT pg_sleep(0.002)')
    })
    database.query('SELECT balance FROM accounts WHERE id = $1', [user % 100])
  }

  async function balance(): Promise<number> {
    const { rows } = await observer.query('SELECT sum(balance)::integer AS sum FROM accounts')
    return rows[0].sum
  }

  /** The most connections that the server sees at one moment until the work is done. */
  async function mostWhile(work: Promise<unknown>): Promise<number> {
    let isOver = false
    const over = work.finally(() => {
      isOver = true
    })
    let most = 0
    while (!isOver) {
      const { rows } = await observer.query(
        'SELECT count(*)::integer AS open FROM pg_stat_activity WHERE application_name = $1',
        [applicationName],
      )
      most = Math.max(most, rows[0].open)
    }
    await over
    assert.ok(most > 0)
    return most
  }

  function assertAllFree(): void {
    const { open, idle, waiting } = database.connections ?? assert.fail()
    assert.equal(waiting, 0)
    assert.equal(idle, open)
    assert.ok(open <= connections)
  }
})

/** A transaction that holds its connection until it is told to end. */
class Held {
  end: () => void = () => undefined
  readonly begun: Promise<void>
  readonly thread: GreenThread<void>

  constructor(database: Database) {
    const ended = new Promise<void>((resolve) => {
      this.end = resolve
    })
    let tell: () => void
    this.begun = new Promise((resolve) => {
      tell = resolve
    })
    this.thread = spawn(() =>
      database.transaction((queries) => {
        queries.query('SELECT 1')
        tell()
        wait(ended)
      }),
    )
  }
}

async function cancelAfter(thread: GreenThread<void>, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
  thread.cancel()
  await thread.toPromise().catch((error: Error & { code?: string }) => {
    assert.equal(error.code, 'ERR_GT_CANCELLED')
  })
}

/** Numbers from 0 to 1, the same in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
