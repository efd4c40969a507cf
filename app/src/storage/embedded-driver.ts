import { PGlite, type Transaction } from '@electric-sql/pglite'
import type { Connection, DatabaseDriver, Row, SqlValue } from './driver.ts'
import { createInMemory } from './embedded-snapshot.ts'

/**
 * PostgreSQL compiled to WebAssembly, in this process: in memory, or in a folder. It has one connection, so a
 * transaction keeps everybody else waiting: never ask another server inside one.
 */
export class EmbeddedDriver implements DatabaseDriver {
  readonly #database: PGlite
  readonly description: string
  readonly connections = undefined

  private constructor(database: PGlite, description: string) {
    this.#database = database
    this.description = description
  }

  static async open(folder: string | undefined): Promise<EmbeddedDriver> {
    const database = folder === undefined ? await createInMemory() : await PGlite.create(folder)
    return new EmbeddedDriver(database, `embedded PostgreSQL (PGlite) in ${folder ?? 'memory'}`)
  }

  /** It keeps a queue of its own. */
  takePlace(): void {}

  async takePlaceAsync(): Promise<void> {}

  async query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    const result = await this.#database.query<Row>(sql, [...parameters])
    return result.rows
  }

  begin(): Promise<Connection> {
    return EmbeddedConnection.begin(this.#database)
  }

  async close(): Promise<void> {
    await this.#database.close()
  }
}

/** Turns PGlite's transaction, which lasts as long as a callback's promise, into one that its user ends. */
class EmbeddedConnection implements Connection {
  readonly #transaction: Transaction
  readonly #commit: () => void
  readonly #rollback: (reason: unknown) => void
  readonly #finished: () => Promise<void>

  private constructor(
    transaction: Transaction,
    commit: () => void,
    rollback: (reason: unknown) => void,
    finished: () => Promise<void>,
  ) {
    this.#transaction = transaction
    this.#commit = commit
    this.#rollback = rollback
    this.#finished = finished
  }

  static begin(database: PGlite): Promise<Connection> {
    return new Promise((begun, failed) => {
      const finished: Promise<void> = database.transaction(
        (transaction) =>
          new Promise<void>((commit, rollback) => {
            begun(new EmbeddedConnection(transaction, commit, rollback, () => finished))
          }),
      )
      finished.catch(failed)
    })
  }

  async query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    const result = await this.#transaction.query<Row>(sql, [...parameters])
    return result.rows
  }

  async commit(): Promise<void> {
    this.#commit()
    await this.#finished()
  }

  async rollback(): Promise<void> {
    if (this.#transaction.closed) return
    this.#rollback(rolledBack)
    await this.#finished().catch((error: unknown) => {
      if (error !== rolledBack) throw error
    })
  }
}

const rolledBack = new Error('The transaction was rolled back by the one who began it.')
