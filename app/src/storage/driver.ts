export type SqlValue = string | number | boolean | Date | null

export type Row = Record<string, unknown>

export interface ConnectionCounts {
  readonly most: number
  readonly open: number
  readonly idle: number
  /** Those who wait for one. */
  readonly waiting: number
}

/** What the service needs of a database, as its client libraries give it: with promises. */
export interface DatabaseDriver {
  /** For people: which database this is. */
  readonly description: string
  /** Undefined for a database without connections. */
  readonly connections: ConnectionCounts | undefined
  /**
   * Waits in the queue for a connection, which the next `query()` or `begin()` uses. For code in a green thread: one
   * that is cancelled in the queue takes none.
   */
  takePlace(): void
  /** The same for async code. */
  takePlaceAsync(): Promise<void>
  query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]>
  /** Begins a transaction on the connection. */
  begin(): Promise<Connection>
  close(): Promise<void>
}

/** A connection inside a transaction. It goes back to its pool with `commit` or `rollback`. */
export interface Connection {
  query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]>
  commit(): Promise<void>
  /** May come at any moment: while a statement runs, and after a commit that failed. */
  rollback(): Promise<void>
}
