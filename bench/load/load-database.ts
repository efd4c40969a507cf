import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** A database of its own for one run of the service, which is dropped afterwards. */
export interface LoadDatabase {
  readonly url: string
  drop(): Promise<void>
}

const adminUrl = process.env.BENCH_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres'

export async function createLoadDatabase(): Promise<LoadDatabase> {
  const name = `payments_load_${process.pid}_${randomBytes(4).toString('hex')}`
  await runAsAdmin(`CREATE DATABASE ${name}`)
  const url = new URL(adminUrl)
  url.pathname = name
  return { url: url.href, drop: () => runAsAdmin(`DROP DATABASE ${name} WITH (FORCE)`) }
}

async function runAsAdmin(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 5000 })
  try {
    await client.connect()
    await client.query(sql)
  } catch (error) {
    const { host } = new URL(adminUrl)
    throw new Error(
      `PostgreSQL at ${host} could not do "${sql}" (${(error as Error).message}).\n` +
        'The load test needs one: an embedded database would share the memory and the event loop that are\n' +
        'measured. Name another one by BENCH_DATABASE_URL=postgres://user@host:port/database.',
      { cause: error },
    )
  } finally {
    await client.end()
  }
}
