import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toAsync } from 'greenthreads'
import { connectDatabase } from '../../src/storage/connect.ts'
import type { DatabaseKind } from '../support/every-database.ts'
import type { Books, StoredPayment } from './books.ts'

interface Contents extends Pick<Books, 'payments' | 'incomes'> {
  /** How many payments somebody went on with after their process had vanished. */
  readonly resumed: number
}

interface Place {
  readonly url: string | undefined
  readonly folder: string | undefined
  readonly drop: () => Promise<void>
}

/** A database that survives the processes which use it. */
export class CrashDatabase {
  readonly name: string
  readonly replicas: number
  readonly #place: Place

  private constructor(name: string, replicas: number, place: Place) {
    this.name = name
    this.replicas = replicas
    this.#place = place
  }

  static async postgres(kind: DatabaseKind): Promise<CrashDatabase> {
    const { url, drop } = await kind.create()
    return new CrashDatabase('PostgreSQL', 3, { url, folder: undefined, drop })
  }

  static embedded(): CrashDatabase {
    const folder = mkdtempSync(join(tmpdir(), 'payments-crashes-'))
    const drop = async (): Promise<void> => rmSync(folder, { recursive: true })
    const place = { url: undefined, folder: join(folder, 'database'), drop }
    return new CrashDatabase('embedded in a folder', 1, place)
  }

  get env(): Record<string, string> {
    return { DATABASE_URL: this.#place.url ?? '', DATABASE_DIR: this.#place.folder ?? '' }
  }

  /** What is in it, when no replica runs any more. */
  read(): Promise<Contents> {
    return toAsync(() => this.#read())()
  }

  drop(): Promise<void> {
    return this.#place.drop()
  }

  #read(): Contents {
    const database = connectDatabase({
      databaseUrl: this.#place.url,
      databaseDir: this.#place.folder,
      databaseConnections: 1,
      demoContractors: 0,
      onIdleError: (error) => {
        throw error
      },
    })
    try {
      const [events] = database.query<{ count: string | number }>(
        "SELECT count(DISTINCT payment_id) AS count FROM payment_events WHERE event = 'resumed'",
      )
      return {
        payments: database.query<StoredPayment>(
          'SELECT id, inn, purpose, amount::text, state, transfer_id, receipt_id FROM payments',
        ),
        incomes: database.query<Books['incomes'][number]>(
          'SELECT inn, amount::text FROM contractor_incomes',
        ),
        resumed: Number(events?.count),
      }
    } finally {
      database.close()
    }
  }
}
