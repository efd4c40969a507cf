import { type Contractor, unknownContractor } from '../domain/contractor.ts'
import type { Inn } from '../domain/inn.ts'
import type { Queries } from './database.ts'

export class ContractorRepository {
  readonly #queries: Queries

  constructor(queries: Queries) {
    this.#queries = queries
  }

  /** Throws a `Problem` of kind `not-found` when nobody has this INN. */
  get(inn: Inn): Contractor {
    const contractor = this.find(inn)
    if (contractor === undefined) throw unknownContractor(inn)
    return contractor
  }

  find(inn: Inn): Contractor | undefined {
    const rows = this.#queries.query<Contractor>(
      'SELECT inn, name FROM contractors WHERE inn = $1',
      [inn],
    )
    return rows[0]
  }
}
