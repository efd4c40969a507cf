import type { Database, Queries } from './database.ts'
import { contractors } from './migrations/001-contractors.ts'
import { taxStatus } from './migrations/002-tax-status.ts'
import { registeredContractors } from './migrations/010-registered-contractors.ts'
import { payments } from './migrations/011-payments.ts'
import { apiKeys } from './migrations/030-api-keys.ts'
import { panel } from './migrations/031-panel.ts'
import type { Migration } from './migrations/migration.ts'

/** In the order in which they run. */
const migrations: readonly Migration[] = [
  contractors,
  taxStatus,
  registeredContractors,
  payments,
  apiKeys,
  panel,
]

/** Any number, the same in every process: services that start together migrate one after the other. */
const migrationLock = 7_316_254

/** Brings the database to the newest schema. Returns the names of the migrations that ran. */
export function migrate(database: Database): string[] {
  return database.transaction((queries) => {
    queries.query('SELECT pg_advisory_xact_lock($1)', [migrationLock])
    queries.query(
      `CREATE TABLE IF NOT EXISTS schema_migrations (
         name text PRIMARY KEY,
         applied_at timestamptz NOT NULL DEFAULT now()
       )`,
    )
    const done = appliedNames(queries)
    const pending = migrations.filter((migration) => !done.has(migration.name))
    for (const migration of pending) apply(queries, migration)
    return pending.map((migration) => migration.name)
  })
}

function appliedNames(queries: Queries): Set<string> {
  const rows = queries.query<{ name: string }>('SELECT name FROM schema_migrations')
  return new Set(rows.map((row) => row.name))
}

function apply(queries: Queries, migration: Migration): void {
  for (const statement of migration.statements) queries.query(statement)
  queries.query('INSERT INTO schema_migrations (name) VALUES ($1)', [migration.name])
}
