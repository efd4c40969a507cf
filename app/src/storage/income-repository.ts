import { type Kopecks, yearlyIncomeLimit } from '../domain/money.ts'
import type { Payment } from '../domain/payment.ts'
import type { Queries } from './database.ts'

/** How much of each contractor's yearly limit is paid, or reserved to be paid. */
export class IncomeRepository {
  readonly #queries: Queries

  constructor(queries: Queries) {
    this.#queries = queries
  }

  /** Reserves the payment's amount, unless that passes the limit. Concurrent payments wait for each other here. */
  reserve({ inn, incomeYear, amount }: Payment): boolean {
    const rows = this.#queries.query(
      `INSERT INTO contractor_incomes AS known (inn, year, amount) VALUES ($1, $2, $3)
       ON CONFLICT (inn, year) DO UPDATE SET amount = known.amount + excluded.amount
         WHERE known.amount + excluded.amount <= $4
       RETURNING inn`,
      [inn, incomeYear, String(amount), String(yearlyIncomeLimit)],
    )
    return rows.length === 1
  }

  /** Takes back what was reserved for a payment. */
  release({ inn, incomeYear, amount }: Payment): void {
    this.#queries.query(
      'UPDATE contractor_incomes SET amount = amount - $3 WHERE inn = $1 AND year = $2',
      [inn, incomeYear, String(amount)],
    )
  }

  /** What is reserved and paid of a year's limit. */
  of({ inn, incomeYear }: Pick<Payment, 'inn' | 'incomeYear'>): Kopecks {
    const rows = this.#queries.query<{ amount: string | number | bigint }>(
      'SELECT amount FROM contractor_incomes WHERE inn = $1 AND year = $2',
      [inn, incomeYear],
    )
    return BigInt(rows[0]?.amount ?? 0)
  }
}
