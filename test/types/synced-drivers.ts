import type * as fs from 'node:fs/promises'
import type { PGlite } from '@electric-sql/pglite'
import { type Synced, wait } from 'greenthreads'
import type { Redis } from 'ioredis'
import type { Kysely } from 'kysely'
import type pg from 'pg'
import type * as undici from 'undici'
import type { Equal, Expect } from './expect.ts'

interface Person {
  id: number
  name: string
}

declare const pool: Synced<pg.Pool>
const client = pool.connect()
const selected = pool.query('select $1::int as n', [1])
const asArrays = client.query({ text: 'select 1', rowMode: 'array' })

declare const plainPool: pg.Pool
const typed = wait(plainPool.query<Person>('select * from person'))

export type Postgres = [
  Expect<Equal<typeof selected.rows, pg.QueryResultRow[]>>,
  Expect<Equal<typeof selected.rowCount, number | null>>,
  Expect<Equal<ReturnType<typeof client.release>, void>>,
  // biome-ignore lint/suspicious/noExplicitAny: as pg has it.
  Expect<Equal<typeof asArrays.rows, any[][]>>,
  Expect<Equal<typeof typed.rows, Person[]>>,
]

declare const database: Kysely<{ person: Person }>
const people = wait(database.selectFrom('person').select('name').where('id', '>', 1).execute())
const first = wait(database.selectFrom('person').selectAll().executeTakeFirstOrThrow())

export type QueryBuilder = [
  Expect<Equal<typeof people, { name: string }[]>>,
  Expect<Equal<typeof first, { id: number; name: string }>>,
]

declare const redis: Synced<Redis>
const value = redis.get('key')
const count = redis.incr('count')
const hash = redis.hget('hash', 'field')
const replies = redis.multi().incr('count').exec()

declare const plainRedis: Redis
const stored = wait(plainRedis.set('key', 'value', 'EX', 60))

export type Client = [
  Expect<Equal<typeof value, string | null>>,
  Expect<Equal<typeof count, number>>,
  Expect<Equal<typeof hash, string | null>>,
  Expect<Equal<typeof replies, [error: Error | null, result: unknown][] | null>>,
  Expect<Equal<typeof stored, 'OK'>>,
]

declare const embedded: Synced<PGlite>
const embeddedRows = embedded.query('select $1::int as n', [1])
declare const plainEmbedded: PGlite
const typedRows = wait(plainEmbedded.query<Person>('select * from person'))

export type Embedded = [
  Expect<Equal<typeof embeddedRows.rows, unknown[]>>,
  Expect<Equal<typeof typedRows.rows, Person[]>>,
]

declare const http: Synced<typeof undici>
const response = http.fetch('http://localhost/')
const text = response.text()
const { statusCode, body } = http.request('http://localhost/')
const sent = body.text()

export type Requests = [
  Expect<Equal<typeof response.status, number>>,
  Expect<Equal<typeof text, string>>,
  Expect<Equal<typeof statusCode, number>>,
  Expect<Equal<typeof sent, string>>,
]

declare const files: Synced<typeof fs>
const names = files.readdir('.')
const contents = files.readFile('notes.txt', 'utf8')
const line = files.open('notes.txt').readFile('utf8')
const { size } = files.stat('notes.txt')

export type Files = [
  Expect<Equal<typeof names, string[]>>,
  Expect<Equal<typeof contents, string>>,
  Expect<Equal<typeof line, string>>,
  Expect<Equal<typeof size, number>>,
]
