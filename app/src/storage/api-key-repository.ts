import { type ApiScope, isApiScope } from '../access/access.ts'
import type { Queries } from './database.ts'

export interface ApiKeyRecord {
  readonly id: number
  readonly client: string
  /** How the key begins. */
  readonly hint: string
  readonly scopes: readonly ApiScope[]
  readonly createdAt: Date
  readonly lastUsedAt: Date | undefined
  readonly revokedAt: Date | undefined
}

export interface NewApiKey {
  readonly client: string
  readonly hash: string
  readonly hint: string
  readonly scopes: readonly ApiScope[]
  readonly createdAt: Date
}

interface ApiKeyRow {
  id: number
  client: string
  hint: string
  scopes: string
  created_at: Date
  last_used_at: Date | null
  revoked_at: Date | null
}

const columns = 'id, client, hint, scopes, created_at, last_used_at, revoked_at'

export class ApiKeyRepository {
  readonly #queries: Queries

  constructor(queries: Queries) {
    this.#queries = queries
  }

  findByHash(hash: string): ApiKeyRecord | undefined {
    const sql = `SELECT ${columns} FROM api_keys WHERE hash = $1`
    const [row] = this.#queries.query<ApiKeyRow>(sql, [hash])
    return row && recordOf(row)
  }

  /** The newest first. */
  all(): ApiKeyRecord[] {
    const sql = `SELECT ${columns} FROM api_keys ORDER BY id DESC`
    return this.#queries.query<ApiKeyRow>(sql).map(recordOf)
  }

  add({ client, hash, hint, scopes, createdAt }: NewApiKey): ApiKeyRecord {
    const rows = this.#queries.query<ApiKeyRow>(
      `INSERT INTO api_keys (client, hash, hint, scopes, created_at) VALUES ($1, $2, $3, $4, $5)
       RETURNING ${columns}`,
      [client, hash, hint, scopes.join(' '), createdAt],
    )
    return recordOf(rows[0] as ApiKeyRow)
  }

  /** Each demo client has one key: a new one takes the place of the last. */
  renewDemo({ client, hash, hint, scopes, createdAt }: NewApiKey): void {
    this.#queries.query(
      `INSERT INTO api_keys (client, hash, hint, scopes, created_at, is_demo)
         VALUES ($1, $2, $3, $4, $5, true)
       ON CONFLICT (client) WHERE is_demo DO UPDATE
         SET hash = excluded.hash, hint = excluded.hint, scopes = excluded.scopes,
             created_at = excluded.created_at, last_used_at = NULL, revoked_at = NULL`,
      [client, hash, hint, scopes.join(' '), createdAt],
    )
  }

  noteUse(id: number, at: Date): void {
    this.#queries.query('UPDATE api_keys SET last_used_at = $2 WHERE id = $1', [id, at])
  }

  /** Undefined when there was no such key that still worked. */
  revoke(id: number, at: Date): ApiKeyRecord | undefined {
    const [row] = this.#queries.query<ApiKeyRow>(
      `UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING ${columns}`,
      [id, at],
    )
    return row && recordOf(row)
  }
}

function recordOf(row: ApiKeyRow): ApiKeyRecord {
  return {
    id: row.id,
    client: row.client,
    hint: row.hint,
    scopes: row.scopes.split(' ').filter(isApiScope),
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  }
}
