import type { Inn } from '../domain/inn.ts'
import type { Standing, TaxStatus } from '../domain/tax-status.ts'
import type { Queries } from './database.ts'

export interface TaxStatusRow {
  standing: Standing
  checked_at: Date
}

export const statusByInn = 'SELECT standing, checked_at FROM tax_statuses WHERE inn = $1'

/**
 * One statement, so that both are stored or neither. Two requests may check one contractor at once: the answer
 * that was given last stays, in whichever order the two are stored.
 */
export const checkToStore = `WITH done AS (
    INSERT INTO tax_checks (inn, standing, checked_at) VALUES ($1, $2, $3)
    RETURNING id, inn, standing, checked_at
  )
  INSERT INTO tax_statuses (inn, standing, checked_at, check_id)
    SELECT inn, standing, checked_at, id FROM done
  ON CONFLICT (inn) DO UPDATE
    SET standing = excluded.standing, checked_at = excluded.checked_at, check_id = excluded.check_id
    WHERE tax_statuses.checked_at <= excluded.checked_at`

export class TaxStatusRepository {
  readonly #queries: Queries

  constructor(queries: Queries) {
    this.#queries = queries
  }

  find(inn: Inn): TaxStatus | undefined {
    return statusIn(this.#queries.query<TaxStatusRow>(statusByInn, [inn]))
  }

  /** Records the check and makes it the contractor's present status. */
  store(inn: Inn, { standing, checkedAt }: TaxStatus): void {
    this.#queries.query(checkToStore, [inn, standing, checkedAt])
  }
}

export function statusIn([row]: readonly TaxStatusRow[]): TaxStatus | undefined {
  return row && { standing: row.standing, checkedAt: row.checked_at }
}
