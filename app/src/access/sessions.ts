import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../status/status-cache.ts'
import type { Queries } from '../storage/database.ts'
import type { Role } from './access.ts'

/** Somebody who is logged in to the admin panel. */
export interface Session {
  readonly userId: number
  readonly login: string
  readonly role: Role
  /** What a form of this session has to carry. */
  readonly formToken: string
}

interface SessionRow {
  user_id: number
  login: string
  role: Role
  last_seen_at: Date
}

export const longestSessionMs = 12 * 3_600_000
export const longestIdleMs = 3_600_000
const seenNotedMs = 60_000

/** Who is logged in: in the database, so that every replica knows it, and by hash, so that no copy of it logs in. */
export class Sessions {
  readonly #queries: Queries
  readonly #now: Clock

  constructor(queries: Queries, now: Clock) {
    this.#queries = queries
    this.#now = now
  }

  /** The secret which the browser has to bring from now on. */
  open(userId: number): string {
    const now = this.#now()
    const secret = newSecret()
    this.#queries.query('DELETE FROM panel_sessions WHERE expires_at <= $1', [now])
    this.#queries.query(
      `INSERT INTO panel_sessions (id_hash, user_id, created_at, last_seen_at, expires_at)
       VALUES ($1, $2, $3, $3, $4)`,
      [hashOf(secret), userId, now, new Date(now.getTime() + longestSessionMs)],
    )
    return secret
  }

  /** Undefined when it is over: closed, too old, too long unused, or its user disabled. */
  find(secret: string): Session | undefined {
    const row = this.#read(secret)
    if (row === undefined) return undefined
    const now = this.#now()
    if (now.getTime() - row.last_seen_at.getTime() >= seenNotedMs) this.#noteSeen(secret, now)
    const { user_id: userId, login, role } = row
    return { userId, login, role, formToken: formTokenOf(secret) }
  }

  /** The role which the session has now, undefined when it is over. Looking does not count as using it. */
  roleOf(secret: string): Role | undefined {
    return this.#read(secret)?.role
  }

  close(secret: string): void {
    this.#queries.query('DELETE FROM panel_sessions WHERE id_hash = $1', [hashOf(secret)])
  }

  #read(secret: string): SessionRow | undefined {
    const now = this.#now()
    const [row] = this.#queries.query<SessionRow>(
      `SELECT user_id, login, role, last_seen_at
       FROM panel_sessions JOIN panel_users ON panel_users.id = user_id
       WHERE id_hash = $1 AND expires_at > $2 AND last_seen_at > $3 AND disabled_at IS NULL`,
      [hashOf(secret), now, new Date(now.getTime() - longestIdleMs)],
    )
    return row
  }

  #noteSeen(secret: string, now: Date): void {
    const sql = 'UPDATE panel_sessions SET last_seen_at = $2 WHERE id_hash = $1'
    this.#queries.query(sql, [hashOf(secret), now])
  }
}

export function endSessionsOf(queries: Queries, userId: number): void {
  queries.query('DELETE FROM panel_sessions WHERE user_id = $1', [userId])
}

export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Another site can make a browser send a form, but it can't know this: it takes the secret of the cookie. */
export function formTokenOf(secret: string): string {
  return createHmac('sha256', secret).update('form').digest('base64url')
}

export function isFormToken(expected: string, given: unknown): boolean {
  if (typeof given !== 'string') return false
  const [left, right] = [expected, given].map((text) => createHash('sha256').update(text).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
