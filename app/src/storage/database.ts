import { shield, wait } from 'greenthreads'
import type { Connection, DatabaseDriver, Row, SqlValue } from './driver.ts'

/** Runs SQL and waits for its rows: for code in a green thread. */
export interface Queries {
  query<R extends object = Row>(sql: string, parameters?: readonly SqlValue[]): R[]
}

/** The synchronous face of a database driver. Suspends the calling green thread, never the event loop. */
export class Database implements Queries {
  readonly #driver: DatabaseDriver

  constructor(driver: DatabaseDriver) {
    this.#driver = driver
  }

  get description(): string {
    return this.#driver.description
  }

  query<R extends object = Row>(sql: string, parameters: readonly SqlValue[] = []): R[] {
    return wait(this.#driver.query(sql, parameters)) as R[]
  }

  /**
   * Runs `work` with a connection of its own and commits what it did. If `work` throws or the thread is
   * cancelled, nothing of it is stored.
   */
  transaction<T>(work: (queries: Queries) => T): T {
    const connection = this.#begin()
    try {
      const result = work(new TransactionQueries(connection))
      wait(connection.commit())
      return result
    } catch (error) {
      shield(() => wait(connection.rollback()))
      throw error
    }
  }

  close(): void {
    wait(this.#driver.close())
  }

  #begin(): Connection {
    const beginning = this.#driver.begin()
    try {
      return wait(beginning)
    } catch (error) {
      // A cancelled thread stops waiting, but the connection arrives all the same: give it back, or the pool
      // loses one with every cancelled request. If it never arrives, that is the error thrown below.
      beginning.then(
        (connection) => connection.rollback(),
        () => undefined,
      )
      throw error
    }
  }
}

class TransactionQueries implements Queries {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  query<R extends object = Row>(sql: string, parameters: readonly SqlValue[] = []): R[] {
    return wait(this.#connection.query(sql, parameters)) as R[]
  }
}
