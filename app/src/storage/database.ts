import { shield, wait } from 'greenthreads'
import {
  type Description,
  inInnerSpan,
  inInnerSpanAsync,
  SpanKind,
} from '../observability/spans.ts'
import type { Connection, ConnectionCounts, DatabaseDriver, Row, SqlValue } from './driver.ts'

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

  get connections(): ConnectionCounts | undefined {
    return this.#driver.connections
  }

  query<R extends object = Row>(sql: string, parameters: readonly SqlValue[] = []): R[] {
    return inInnerSpan(statementSpan(sql), () => {
      this.#driver.takePlace()
      return wait(this.#driver.query(sql, parameters)) as R[]
    })
  }

  /** The same for async code. */
  queryAsync<R extends object = Row>(
    sql: string,
    parameters: readonly SqlValue[] = [],
  ): Promise<R[]> {
    return inInnerSpanAsync(statementSpan(sql), async () => {
      await this.#driver.takePlaceAsync()
      return (await this.#driver.query(sql, parameters)) as R[]
    })
  }

  /**
   * Runs `work` with a connection of its own and commits what it did. If `work` throws or the thread is
   * cancelled, nothing of it is stored.
   */
  transaction<T>(work: (queries: Queries) => T): T {
    return inInnerSpan(transactionSpan, () => this.#transaction(work))
  }

  close(): void {
    wait(this.#driver.close())
  }

  #transaction<T>(work: (queries: Queries) => T): T {
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

  #begin(): Connection {
    this.#driver.takePlace()
    const beginning = this.#driver.begin()
    try {
      return wait(beginning)
    } catch (error) {
      // The connection arrives all the same: give it back, or the pool loses one with every cancelled request.
      // If it never arrives, that is the error thrown below.
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
    const query = () => wait(this.#connection.query(sql, parameters)) as R[]
    return inInnerSpan(statementSpan(sql), query)
  }
}

/** The text of a statement has no values: those are its parameters. */
function statementSpan(sql: string): Description {
  return () => {
    const operation = /\w+/.exec(sql)?.[0].toUpperCase() ?? 'SQL'
    const attributes = {
      'db.system.name': 'postgresql',
      'db.operation.name': operation,
      'db.query.text': sql,
    }
    return [operation, { kind: SpanKind.CLIENT, attributes }]
  }
}

const transactionSpan: Description = () => ['transaction', { kind: SpanKind.CLIENT }]
