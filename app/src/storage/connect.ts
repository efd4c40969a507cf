import { wait } from 'greenthreads'
import { StartError } from '../start-error.ts'
import { Database } from './database.ts'
import { migrate } from './migrations.ts'
import { PostgresDriver } from './postgres-driver.ts'
import { demoContractors, seedContractors } from './seed.ts'

export interface ConnectOptions {
  readonly databaseUrl: string | undefined
  readonly databaseDir: string | undefined
  readonly databaseConnections: number
  readonly demoContractors: number
  readonly onIdleError: (error: Error) => void
}

/** A database that is ready: connected, of the newest schema, with the demo contractors in it. */
export function connectDatabase(options: ConnectOptions): Database {
  const database = openDatabase(options)
  try {
    migrate(database)
    seedContractors(database, demoContractors(options.demoContractors))
    return database
  } catch (error) {
    database.close()
    throw new DatabaseStartError(database.description, error)
  }
}

export class DatabaseStartError extends StartError {
  constructor(description: string, cause: unknown) {
    super(
      `The ${description} can't be used: ${reasonOf(cause)}\n` +
        'Check DATABASE_URL and DATABASE_DIR, or leave both out: then a database in memory is embedded.',
      { cause },
    )
    this.name = 'DatabaseStartError'
  }
}

function openDatabase(options: ConnectOptions): Database {
  const { databaseUrl, databaseDir, databaseConnections, onIdleError } = options
  if (databaseUrl === undefined) {
    // Loaded only where it is used: it takes longer than everything else.
    const { EmbeddedDriver } = wait(import('./embedded-driver.ts'))
    try {
      return new Database(wait(EmbeddedDriver.open(databaseDir)))
    } catch (error) {
      throw new DatabaseStartError(`embedded database in ${databaseDir ?? 'memory'}`, error)
    }
  }
  return new Database(
    new PostgresDriver({ url: databaseUrl, connections: databaseConnections, onIdleError }),
  )
}

function reasonOf(cause: unknown): string {
  // A host with several addresses gives an error without a message, made of one error for each.
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join('; ')
  return cause instanceof Error ? cause.message : String(cause)
}
