import type { Role } from '../access/access.ts'
import type { Queries } from './database.ts'

export interface PanelUser {
  readonly id: number
  readonly login: string
  readonly role: Role
  readonly createdAt: Date
  readonly disabledAt: Date | undefined
}

interface PanelUserRow {
  id: number
  login: string
  role: Role
  password_hash: string
  created_at: Date
  disabled_at: Date | null
}

/** People who use the admin panel. A login is written in small letters. */
export class PanelUserRepository {
  readonly #queries: Queries

  constructor(queries: Queries) {
    this.#queries = queries
  }

  all(): PanelUser[] {
    return this.#queries.query<PanelUserRow>('SELECT * FROM panel_users ORDER BY login').map(userOf)
  }

  find(id: number): PanelUser | undefined {
    const sql = 'SELECT * FROM panel_users WHERE id = $1'
    const [row] = this.#queries.query<PanelUserRow>(sql, [id])
    return row && userOf(row)
  }

  /** Somebody who may log in, with the hash of their password. */
  findActive(login: string): { user: PanelUser; passwordHash: string } | undefined {
    const sql = 'SELECT * FROM panel_users WHERE login = $1 AND disabled_at IS NULL'
    const [row] = this.#queries.query<PanelUserRow>(sql, [login])
    return row && { user: userOf(row), passwordHash: row.password_hash }
  }

  /** Undefined when the login is taken. */
  add(login: string, role: Role, passwordHash: string, createdAt: Date): PanelUser | undefined {
    const [row] = this.#queries.query<PanelUserRow>(
      `INSERT INTO panel_users (login, role, password_hash, created_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING RETURNING *`,
      [login, role, passwordHash, createdAt],
    )
    return row && userOf(row)
  }

  setRole(id: number, role: Role): void {
    this.#queries.query('UPDATE panel_users SET role = $2 WHERE id = $1', [id, role])
  }

  setPassword(id: number, passwordHash: string): void {
    const sql = 'UPDATE panel_users SET password_hash = $2 WHERE id = $1'
    this.#queries.query(sql, [id, passwordHash])
  }

  setDisabled(id: number, at: Date | undefined): void {
    const sql = 'UPDATE panel_users SET disabled_at = $2 WHERE id = $1'
    this.#queries.query(sql, [id, at ?? null])
  }
}

function userOf(row: PanelUserRow): PanelUser {
  return {
    id: row.id,
    login: row.login,
    role: row.role,
    createdAt: row.created_at,
    disabledAt: row.disabled_at ?? undefined,
  }
}
