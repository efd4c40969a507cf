import pg from 'pg'
import { ConnectionPool } from './connection-pool.ts'
import type { Connection, ConnectionCounts, DatabaseDriver, Row, SqlValue } from './driver.ts'

export interface PostgresOptions {
  readonly url: string
  readonly connections: number
  /** Longest wait for a connection. Default: 5000. */
  readonly queueTimeoutMs?: number
  /** A failure of a connection that nobody uses at that moment. */
  readonly onIdleError: (error: Error) => void
}

const connectTimeoutMs = 5000
const statementTimeoutMs = 10_000
// For a server that has gone silent: one that is alive ends the statement itself, before this.
const silenceTimeoutMs = 15_000

export class PostgresDriver implements DatabaseDriver {
  readonly #pool: ConnectionPool
  readonly description: string

  constructor({ url, connections, queueTimeoutMs = 5000, onIdleError }: PostgresOptions) {
    const config = {
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      query_timeout: silenceTimeoutMs,
    }
    this.#pool = new ConnectionPool({ most: connections, queueTimeoutMs, onIdleError }, config)
    this.description = `PostgreSQL at ${new URL(url).host}${new URL(url).pathname}`
  }

  get connections(): ConnectionCounts {
    return this.#pool.counts
  }

  takePlace(): void {
    this.#pool.takePlace()
  }

  takePlaceAsync(): Promise<void> {
    return this.#pool.takePlaceAsync()
  }

  async query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    const client = await this.#pool.connect()
    try {
      const result = await client.query<Row>(sql, [...parameters])
      this.#pool.giveBack(client)
      return result.rows
    } catch (error) {
      // What the server has refused leaves the connection as it was; anything else may have broken it.
      if (error instanceof pg.DatabaseError) this.#pool.giveBack(client)
      else this.#pool.destroy(client)
      throw error
    }
  }

  async begin(): Promise<Connection> {
    const client = await this.#pool.connect()
    try {
      await client.query('BEGIN')
    } catch (error) {
      this.#pool.destroy(client)
      throw error
    }
    return new PostgresConnection(this.#pool, client)
  }

  async close(): Promise<void> {
    await this.#pool.close()
  }
}

class PostgresConnection implements Connection {
  readonly #pool: ConnectionPool
  readonly #client: pg.PoolClient
  #running = 0
  #lastStatement: Promise<unknown> = Promise.resolve()
  #isReleased = false

  constructor(pool: ConnectionPool, client: pg.PoolClient) {
    this.#pool = pool
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
    // A statement still runs when its thread was cancelled while it waited. Nobody waits for it any longer, and
    // its connection serves nobody else: it is closed when the server has done with it, which rolls back.
    if (this.#running > 0) return this.#releaseAfterStatement()
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
    const statement = this.#client.query<Row>(sql, [...parameters])
    this.#lastStatement = statement
    try {
      return await statement
    } finally {
      this.#running--
    }
  }

  #releaseAfterStatement(): void {
    const release = (): void => this.#release(true)
    this.#lastStatement.then(release, release)
  }

  #release(isBroken: boolean): void {
    if (this.#isReleased) return
    this.#isReleased = true
    if (isBroken) this.#pool.destroy(this.#client)
    else this.#pool.giveBack(this.#client)
  }
}
