import { keyReused, type RequestIdentity } from '../domain/idempotency.ts'
import { type Registry, type RowError, unknownRegistry } from '../domain/registry.ts'
import type { PayableRow } from '../registries/row-check.ts'
import type { Database, Queries } from './database.ts'

export interface NewRegistry {
  readonly id: string
  readonly title: string
  readonly state: Registry['state']
  readonly rowCount: number
  readonly rows: readonly PayableRow[]
  readonly errors: readonly RowError[]
  readonly incomeYear: number
  readonly createdAt: Date
}

export interface RegistryFilter {
  readonly client?: string | undefined
  /** Only those with a smaller number: the pages after the first. */
  readonly before?: number | undefined
}

interface RegistryRecord {
  id: string
  number: string | number
  client: string
  title: string
  state: Registry['state']
  row_count: number
  created_at: Date
  errors: string | number
  open: string | number
  completed: string | number
  refused: string | number
  annulled: string | number
}

const rowsAtOnce = 1000

export class RegistryRepository {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Stores a register with its payments, all or nothing, or finds what was stored for the same request before.
   * Throws a `Problem` of kind `conflict` when the key belongs to another request.
   */
  create(identity: RequestIdentity, registry: NewRegistry): { id: string; isNew: boolean } {
    return this.#database.transaction((queries) => {
      const known = storeHead(queries, identity, registry)
      if (known !== undefined) return { id: known, isNew: false }
      for (const errors of slices(registry.errors)) storeErrors(queries, registry.id, errors)
      if (registry.state === 'accepted') {
        for (const rows of slices(registry.rows)) {
          storePayments(queries, identity.client, registry, rows)
        }
      }
      return { id: registry.id, isNew: true }
    })
  }

  /** Throws a `Problem` of kind `not-found`. */
  get(id: string): Registry {
    const [registry] = this.#read('WHERE registries.id = $2', 1, id)
    if (registry === undefined) throw unknownRegistry(id)
    return registry
  }

  /** Newest first. */
  list({ client, before }: RegistryFilter, limit: number): Registry[] {
    const where = 'WHERE ($2::text IS NULL OR client = $2) AND ($3::bigint IS NULL OR number < $3)'
    return this.#read(where, limit, client ?? null, before ?? null)
  }

  /** Lines that can't be paid, in their order. */
  errors(id: string, limit: number, after = 0): RowError[] {
    return this.#database.query<RowError & Record<string, unknown>>(
      `SELECT line, code, message FROM registry_errors WHERE registry_id = $1 AND line > $3
       ORDER BY line LIMIT $2`,
      [id, limit, after],
    )
  }

  #read(where: string, limit: number, ...parameters: (string | number | null)[]): Registry[] {
    const rows = this.#database.query<RegistryRecord>(
      `SELECT registries.*, paid.*,
              (SELECT count(*) FROM registry_errors WHERE registry_id = registries.id) AS errors
       FROM (SELECT * FROM registries ${where} ORDER BY number DESC LIMIT $1) AS registries,
       LATERAL (
         SELECT count(*) FILTER (WHERE payments.state NOT IN ('completed', 'refused', 'annulled')) AS open,
                count(*) FILTER (WHERE payments.state = 'completed') AS completed,
                count(*) FILTER (WHERE payments.state = 'refused') AS refused,
                count(*) FILTER (WHERE payments.state = 'annulled') AS annulled
         FROM payments WHERE registry_id = registries.id
       ) AS paid
       ORDER BY number DESC`,
      [limit, ...parameters],
    )
    return rows.map(toRegistry)
  }
}

/** Returns the id of the register that the same request made before. */
function storeHead(
  queries: Queries,
  { client, key, fingerprint }: RequestIdentity,
  { id, title, state, rowCount, createdAt }: NewRegistry,
): string | undefined {
  const created = queries.query(
    `INSERT INTO registries (id, client, idempotency_key, fingerprint, title, state, row_count, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (client, idempotency_key) DO NOTHING RETURNING id`,
    [id, client, key, fingerprint, title, state, rowCount, createdAt],
  )
  if (created.length === 1) return undefined
  const [known] = queries.query<{ id: string; fingerprint: string }>(
    'SELECT id, fingerprint FROM registries WHERE client = $1 AND idempotency_key = $2',
    [client, key],
  )
  if (known?.fingerprint !== fingerprint) throw keyReused(key)
  return known.id
}

function storeErrors(queries: Queries, id: string, errors: readonly RowError[]): void {
  queries.query(
    `INSERT INTO registry_errors (registry_id, line, code, message)
       SELECT $1::uuid, line, code, message
       FROM json_to_recordset($2::json) AS given (line integer, code text, message text)`,
    [id, JSON.stringify(errors)],
  )
}

function storePayments(
  queries: Queries,
  client: string,
  { id, incomeYear, createdAt }: NewRegistry,
  rows: readonly PayableRow[],
): void {
  queries.query(
    `WITH created AS (
       INSERT INTO payments (id, client, registry_id, registry_line, inn, account, amount, purpose,
                             income_year, created_at)
         SELECT gen_random_uuid(), $1::text, $2::uuid, line, inn, account, amount, purpose, $3::integer,
                $4::timestamptz
         FROM json_to_recordset($5::json)
           AS given (line integer, inn text, account text, amount bigint, purpose text)
         ORDER BY line
       RETURNING id, registry_line
     )
     INSERT INTO payment_events (payment_id, event, detail)
       SELECT id, 'created', 'line ' || registry_line || ' of a register of ' || $1::text FROM created`,
    [client, id, incomeYear, createdAt, JSON.stringify(rows.map(withTextAmount))],
  )
}

/** JSON knows no bigint. */
function withTextAmount(row: PayableRow): object {
  return { ...row, amount: String(row.amount) }
}

function* slices<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += rowsAtOnce) {
    yield items.slice(start, start + rowsAtOnce)
  }
}

function toRegistry(row: RegistryRecord): Registry {
  return {
    id: row.id,
    number: Number(row.number),
    client: row.client,
    title: row.title,
    state: row.state,
    rows: row.row_count,
    errors: Number(row.errors),
    progress: {
      open: Number(row.open),
      completed: Number(row.completed),
      refused: Number(row.refused),
      annulled: Number(row.annulled),
    },
    createdAt: row.created_at,
  }
}
