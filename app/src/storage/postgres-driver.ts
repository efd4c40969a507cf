import pg from 'pg'
import type { Connection, DatabaseDriver, Row, SqlValue } from './driver.ts'

export interface PostgresOptions {
  readonly url: string
  readonly connections: number
  /** A failure of a connection that nobody uses at that moment. */
  readonly onIdleError: (error: Error) => void
}

const connectTimeoutMs = 5000
const statementTimeoutMs = 10_000
// For a server that has gone silent: one that is alive ends the statement itself, before this.
const silenceTimeoutMs = 15_000

export class PostgresDriver implements DatabaseDriver {
  readonly #pool: pg.Pool
  readonly description: string

  constructor({ url, connections, onIdleError }: PostgresOptions) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      query_timeout: silenceTimeoutMs,
    })
    this.#pool.on('error', onIdleError)
    this.description = `PostgreSQL at ${new URL(url).host}${new URL(url).pathname}`
  }

  async query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    const result = await this.#pool.query<Row>(sql, [...parameters])
    return result.rows
  }

  async begin(): Promise<Connection> {
    const client = await this.#pool.connect()
    try {
      await client.query('BEGIN')
    } catch (error) {
      client.release(true)
      throw error
    }
    return new PostgresConnection(client)
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}

class PostgresConnection implements Connection {
  readonly #client: pg.PoolClient
  #running = 0
  #isReleased = false

  constructor(client: pg.PoolClient) {
    this.#client = client
  }

  async query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    const result = await this.#run(sql, parameters)
    return result.rows
  }

  async commit(): Promise<void> {
    const result = await this.#run('COMMIT', [])
    this.#release(false)
    // After a failed statement the server answers a COMMIT with a rollback, and calls that a success.
    if (result.command === 'ROLLBACK') {
      throw new Error(
        'The transaction was rolled back instead of committed: a statement in it failed.',
      )
    }
  }

  async rollback(): Promise<void> {
    // A statement still runs when its thread was cancelled while it waited. The connection must neither wait
    // for it nor serve anybody else: closing it makes the server roll back.
    if (this.#running > 0) return this.#release(true)
    if (this.#isReleased) return
    try {
      await this.#run('ROLLBACK', [])
      this.#release(false)
    } catch {
      // What made the transaction fail is thrown by the caller; the connection is as broken as it looks.
      this.#release(true)
    }
  }

  async #run(sql: string, parameters: readonly SqlValue[]): Promise<pg.QueryResult<Row>> {
    this.#running++
    try {
      return await this.#client.query<Row>(sql, [...parameters])
    } finally {
      this.#running--
    }
  }

  #release(isBroken: boolean): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#client.release(isBroken)
  }
}
