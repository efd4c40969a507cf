import type { Clock } from '../status/status-cache.ts'
import type { Queries } from '../storage/database.ts'

export interface AuditEntry {
  readonly login: string
  readonly action: string
  /** What it was done to, for example `key 3`. */
  readonly subject: string
  readonly details: string
  readonly requestId: string
}

/** Writes down who has done what and when; nothing of it is ever changed. */
export class AuditLog {
  readonly #now: Clock

  constructor(now: Clock) {
    this.#now = now
  }

  /** With the `queries` of a transaction the entry is there if and only if what it tells was done. */
  write(queries: Queries, { login, action, subject, details, requestId }: AuditEntry): void {
    queries.query(
      `INSERT INTO audit_log (at, login, action, subject, details, request_id)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [this.#now(), login, action, subject, details, requestId],
    )
  }
}
