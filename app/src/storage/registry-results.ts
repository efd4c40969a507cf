import type { Queries } from './database.ts'

/** What has come of one line of a register. */
export interface RegistryResult {
  readonly line: number
  readonly inn: string | null
  /** Kopecks. */
  readonly amount: string | null
  readonly purpose: string | null
  /** Of its payment; `invalid` for a line that can't be paid. */
  readonly state: string
  readonly reason: string | null
  readonly transferId: string | null
  readonly receiptId: string | null
}

const linesAtOnce = 1000

/** Every line of a register in its order, so many at a time: for code in a green thread. */
export function* resultsOf(
  queries: Queries,
  registryId: string,
): Generator<readonly RegistryResult[], void, undefined> {
  let after = 0
  for (;;) {
    const results = queries.query<RegistryResult>(
      `SELECT registry_line AS line, inn, amount::text AS amount, purpose, state,
              coalesce(refusal_message, last_problem) AS reason,
              transfer_id AS "transferId", receipt_id AS "receiptId"
         FROM payments WHERE registry_id = $1 AND registry_line > $2
       UNION ALL
       SELECT line, NULL, NULL, NULL, 'invalid', message, NULL, NULL
         FROM registry_errors WHERE registry_id = $1 AND line > $2
       ORDER BY line LIMIT $3`,
      [registryId, after, linesAtOnce],
    )
    if (results.length > 0) yield results
    if (results.length < linesAtOnce) return
    after = results.at(-1)?.line ?? after
  }
}
