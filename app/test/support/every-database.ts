import { randomBytes } from 'node:crypto'
import pg from 'pg'

export interface TestDatabase {
  readonly url: string | undefined
  drop(): Promise<void>
}

export interface DatabaseKind {
  readonly name: string
  /** Why this kind can't be tested here. */
  readonly skip: string | false
  /** An empty database of its own. */
  create(): Promise<TestDatabase>
}

const adminUrl = process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres'

/** Both databases the service runs on: what holds on one has to hold on the other. */
export async function everyDatabase(): Promise<DatabaseKind[]> {
  const embedded = { name: 'embedded', skip: false, create: createEmbedded } as const
  const postgres = { name: 'PostgreSQL', skip: await whyNoPostgres(), create: createPostgres }
  return [embedded, postgres]
}

async function createEmbedded(): Promise<TestDatabase> {
  return { url: undefined, drop: async () => undefined }
}

async function createPostgres(): Promise<TestDatabase> {
  const name = `payments_test_${process.pid}_${randomBytes(4).toString('hex')}`
  await runAsAdmin(`CREATE DATABASE ${name}`)
  const url = new URL(adminUrl)
  url.pathname = name
  return { url: url.href, drop: () => runAsAdmin(`DROP DATABASE ${name} WITH (FORCE)`) }
}

async function whyNoPostgres(): Promise<string | false> {
  try {
    await runAsAdmin('SELECT 1')
    return false
  } catch (error) {
    return `no PostgreSQL answers at ${new URL(adminUrl).host} (${(error as Error).message})`
  }
}

async function runAsAdmin(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 2000 })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
