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

export class PostgresDriver implements DatabaseDriver {
  readonly #pool: pg.Pool
  readonly description: string

  constructor({ url, connections, onIdleError }: PostgresOptions) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
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
    this.#running++
    try {
      const result = await this.#client.query<Row>(sql, [...parameters])
      return result.rows
    } finally {
      this.#running--
    }
  }

  async commit(): Promise<void> {
    await this.query('COMMIT', [])
    this.#release(false)
  }

  async rollback(): Promise<void> {
    // A statement still runs when its thread was cancelled while it waited. The connection must neither wait
    // for it nor serve anybody else: closing it makes the server roll back.
    if (this.#running > 0) return this.#release(true)
    if (this.#isReleased) return
    try {
      await this.query('ROLLBACK', [])
      this.#release(false)
    } catch {
      // What made the transaction fail is thrown by the caller; the connection is as broken as it looks.
      this.#release(true)
    }
  }

  #release(isBroken: boolean): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#client.release(isBroken)
  }
}
