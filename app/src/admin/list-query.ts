import type { Queries } from '../storage/database.ts'
import type { SqlValue } from '../storage/driver.ts'

export const pageSize = 25

export interface Page<R> {
  readonly rows: readonly R[]
  readonly page: number
  readonly hasNext: boolean
}

/** One page of what `sql` selects, whose parameters come before those of the page. */
export function pageOf<R extends object>(
  queries: Queries,
  sql: string,
  parameters: readonly SqlValue[],
  page: number,
): Page<R> {
  const [limit, offset] = [parameters.length + 1, parameters.length + 2]
  // One more than is shown tells whether there is a next page, without counting all.
  const rows = queries.query<R>(`${sql} LIMIT $${limit}::integer OFFSET $${offset}::integer`, [
    ...parameters,
    pageSize + 1,
    (page - 1) * pageSize,
  ])
  return { rows: rows.slice(0, pageSize), page, hasNext: rows.length > pageSize }
}

/** For LIKE: everything that contains the text, whose own signs mean themselves. */
export function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
}
