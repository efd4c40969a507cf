import type { Inn } from '../domain/inn.ts'
import type { Standing, TaxStatus } from '../domain/tax-status.ts'
import type { Database, Queries } from './database.ts'

interface TaxStatusRow {
  standing: Standing
  checked_at: Date
}

export class TaxStatusRepository {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  find(inn: Inn): TaxStatus | undefined {
    const rows = this.#database.query<TaxStatusRow>(
      'SELECT standing, checked_at FROM tax_statuses WHERE inn = $1',
      [inn],
    )
    return rows[0] && { standing: rows[0].standing, checkedAt: rows[0].checked_at }
  }

  /** Records the check and makes it the contractor's present status: both, or neither. */
  store(inn: Inn, status: TaxStatus): void {
    this.#database.transaction((queries) => {
      const checkId = this.#recordCheck(queries, inn, status)
      this.#replaceStatus(queries, inn, status, checkId)
    })
  }

  #recordCheck(queries: Queries, inn: Inn, { standing, checkedAt }: TaxStatus): number {
    const rows = queries.query<{ id: number }>(
      'INSERT INTO tax_checks (inn, standing, checked_at) VALUES ($1, $2, $3) RETURNING id',
      [inn, standing, checkedAt],
    )
    const id = rows[0]?.id
    if (id === undefined) throw new Error(`The database stored a check of ${inn} without an id.`)
    return id
  }

  #replaceStatus(queries: Queries, inn: Inn, status: TaxStatus, checkId: number): void {
    // Two requests may check one contractor at once: the answer that was given last stays, in whichever
    // order the two are stored.
    queries.query(
      `INSERT INTO tax_statuses (inn, standing, checked_at, check_id) VALUES ($1, $2, $3, $4)
       ON CONFLICT (inn) DO UPDATE
         SET standing = excluded.standing, checked_at = excluded.checked_at, check_id = excluded.check_id
         WHERE tax_statuses.checked_at <= excluded.checked_at`,
      [inn, status.standing, status.checkedAt, checkId],
    )
  }
}
