export type SqlValue = string | number | boolean | Date | null

export type Row = Record<string, unknown>

/** What the service needs of a database, as its client libraries give it: with promises. */
export interface DatabaseDriver {
  /** For people: which database this is. */
  readonly description: string
  query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]>
  /** Takes a connection and begins a transaction on it. */
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
