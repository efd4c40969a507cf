import type { Database, Queries } from './database.ts'

interface Migration {
  readonly name: string
  readonly statements: readonly string[]
}

/** In the order in which they run. One that has been released never changes: add another. */
const migrations: readonly Migration[] = [
  {
    name: '001-contractors',
    statements: [
      `CREATE TABLE contractors (
         inn text PRIMARY KEY CHECK (inn ~ '^[0-9]{12}$'),
         name text NOT NULL CHECK (name <> '')
       )`,
    ],
  },
  {
    name: '002-tax-status',
    statements: [
      `CREATE TABLE tax_checks (
         id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         inn text NOT NULL REFERENCES contractors,
         standing text NOT NULL CHECK (standing IN ('self-employed', 'not-self-employed')),
         checked_at timestamptz NOT NULL
       )`,
      `CREATE INDEX tax_checks_inn ON tax_checks (inn, checked_at)`,
      `CREATE TABLE tax_statuses (
         inn text PRIMARY KEY REFERENCES contractors,
         standing text NOT NULL CHECK (standing IN ('self-employed', 'not-self-employed')),
         checked_at timestamptz NOT NULL,
         check_id integer NOT NULL REFERENCES tax_checks
       )`,
    ],
  },
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
