import type { Account } from '../domain/account.ts'
import {
  type Contractor,
  contractorWithoutAccount,
  innTaken,
  type RegisteredContractor,
  unknownContractor,
} from '../domain/contractor.ts'
import type { Inn } from '../domain/inn.ts'
import type { Phone } from '../domain/phone.ts'
import type { Standing } from '../domain/tax-status.ts'
import type { Queries } from './database.ts'

/** Phone, account and time are there or missing together. */
export interface ContractorRecord extends Contractor {
  readonly phone: Phone | null
  readonly account: Account | null
  readonly registeredAt: Date | null
}

export interface StatusRecord {
  readonly number: number
  readonly standing: Standing
  readonly checkedAt: Date
}

const columns = 'inn, name, phone, account, registered_at AS "registeredAt"'
export const contractorByInn = `SELECT ${columns} FROM contractors WHERE inn = $1`

export class ContractorRepository {
  readonly #queries: Queries

  constructor(queries: Queries) {
    this.#queries = queries
  }

  /** Throws a `Problem` of kind `not-found` when nobody has this INN. */
  get(inn: Inn): ContractorRecord {
    const contractor = this.find(inn)
    if (contractor === undefined) throw unknownContractor(inn)
    return contractor
  }

  find(inn: Inn): ContractorRecord | undefined {
    return this.#queries.query<ContractorRecord>(contractorByInn, [inn])[0]
  }

  /** Throws a `Problem` when nobody has this INN (`not-found`), or can't be paid (`conflict`). */
  getRegistered(inn: Inn): RegisteredContractor {
    const contractor = this.get(inn)
    const { phone, account } = contractor
    if (phone === null || account === null) throw contractorWithoutAccount(inn)
    return { ...contractor, phone, account }
  }

  /** The accounts of those who are known; null for those of whom only the name is. */
  accountsOf(inns: ReadonlySet<Inn>): Map<Inn, Account | null> {
    const rows = this.#queries.query<{ inn: Inn; account: Account | null }>(
      'SELECT inn, account FROM contractors WHERE inn IN (SELECT json_array_elements_text($1::json))',
      [JSON.stringify([...inns])],
    )
    return new Map(rows.map(({ inn, account }) => [inn, account]))
  }

  /**
   * Stores somebody new, or completes somebody of whom only the name was known. Doing it again changes nothing.
   * Throws a `Problem` of kind `conflict` when somebody else is registered with the INN.
   */
  register(contractor: RegisteredContractor, at: Date): { isNew: boolean } {
    const { inn, name, phone, account } = contractor
    const rows = this.#queries.query(
      `INSERT INTO contractors AS known (inn, name, phone, account, registered_at)
         VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (inn) DO UPDATE
         SET name = excluded.name, phone = excluded.phone, account = excluded.account,
             registered_at = excluded.registered_at
         WHERE known.registered_at IS NULL
       RETURNING inn`,
      [inn, name, phone, account, at],
    )
    if (rows.length === 0 && !isSame(this.get(inn), contractor)) throw innTaken(inn)
    return { isNew: rows.length === 1 }
  }

  /** What the tax authority has said about the contractor, newest first. */
  statuses(inn: Inn, limit: number, before: number | undefined): StatusRecord[] {
    return this.#queries.query<StatusRecord>(
      `SELECT id AS number, standing, checked_at AS "checkedAt" FROM tax_checks
       WHERE inn = $1 AND ($3::integer IS NULL OR id < $3)
       ORDER BY id DESC LIMIT $2`,
      [inn, limit, before ?? null],
    )
  }
}

function isSame(one: ContractorRecord, other: RegisteredContractor): boolean {
  return one.name === other.name && one.phone === other.phone && one.account === other.account
}
