import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'

interface Database {
  function?(name: string, body: (value: number) => number): void
  aggregate?(name: string, options: object): void
  exec(text: string): void
  prepare(text: string): { get(): Record<string, number>; all(): Record<string, number>[] }
  close(): void
}
type Sqlite = { DatabaseSync: { new (path: string): Database; prototype: Database } }

const emitWarning = process.emitWarning
process.emitWarning = () => {}
const sqlite = (process as { getBuiltinModule?: (name: string) => unknown }).getBuiltinModule?.(
  'node:sqlite',
) as Sqlite | undefined
process.emitWarning = emitWarning
const prototype = sqlite?.DatabaseSync.prototype

// Every coroutine opens a connection of its own: a shared one is locked by the thread that is inside it.
const open = (): Database => new (sqlite as Sqlite).DatabaseSync(':memory:')

constructs('node:sqlite', {
  'a user function': {
    missing:
      prototype?.function === undefined ? 'node:sqlite has no user functions here' : undefined,
    run: ({ id, pause }) => {
      const database = open()
      database.function?.('slow', (value) => pause(value + id))
      const row = database.prepare('SELECT slow(1) AS a, slow(2) AS b').get()
      assert.deepEqual([row.a, row.b], [1 + id, 2 + id])
      database.close()
    },
  },

  'a user function over many rows': {
    missing:
      prototype?.function === undefined ? 'node:sqlite has no user functions here' : undefined,
    run: ({ id, pause }) => {
      const database = open()
      database.exec('CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1), (2), (3)')
      database.function?.('slow', (value) => pause(value * 2) + id)
      const rows = database.prepare('SELECT slow(n) AS v FROM t ORDER BY slow(n) DESC').all()
      assert.deepEqual(
        rows.map((row) => row.v),
        [6 + id, 4 + id, 2 + id],
      )
      database.close()
    },
  },

  'an aggregate': {
    missing: prototype?.aggregate === undefined ? 'node:sqlite has no aggregates here' : undefined,
    run: ({ id, pause }) => {
      const database = open()
      database.exec('CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1), (2), (3)')
      database.aggregate?.('total', {
        start: id,
        step: (sum: number, value: number) => pause(sum + value),
      })
      assert.equal(database.prepare('SELECT total(n) AS v FROM t').get().v, 6 + id)
      database.close()
    },
  },
})
