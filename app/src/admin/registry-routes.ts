import { stringify } from 'csv-stringify/sync'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { formatAmount } from '../domain/money.ts'
import { allClients } from '../domain/owner.ts'
import { paymentStates } from '../domain/payment.ts'
import { unknownRegistry } from '../domain/registry.ts'
import type { RegistryResult } from '../storage/registry-results.ts'
import { resultsOf } from '../storage/registry-results.ts'
import { pageNumber, parameter, uuidOf } from './form-fields.ts'
import { containing, pageOf } from './list-query.ts'
import { renderPage } from './pages.ts'
import type { PanelParts } from './panel.ts'

const shownErrors = 100

/** Registers: the list, one with its payments and its lines that can't be paid, and what has come of each line. */
export function addRegistryRoutes(
  panel: FastifyInstance,
  { database, registries }: PanelParts,
): void {
  const forViewers = { config: { access: 'session' } } as const

  panel.get('/registries', forViewers, function listRegistries(request, reply) {
    const search = parameter(request, 'search')
    const list = pageOf(
      database,
      `SELECT id, title, client, state, row_count, created_at,
              (SELECT count(*) FROM registry_errors WHERE registry_id = registries.id) AS errors,
              (SELECT count(*) FROM payments WHERE registry_id = registries.id
                 AND payments.state NOT IN ('completed', 'refused', 'annulled')) AS open
       FROM registries
       WHERE ($1::text = '' OR title ILIKE $2::text OR client ILIKE $2::text OR id::text LIKE $2::text)
       ORDER BY number DESC`,
      [search, containing(search)],
      pageNumber(request),
    )
    return renderPage(request, reply, 'registries', { ...list, search })
  })

  panel.get('/registries/:id', forViewers, function showRegistry(request, reply) {
    const registry = registries.get(idOf(request), allClients)
    const state = parameter(request, 'state')
    const list = pageOf(
      database,
      `SELECT payments.id, registry_line, inn, name, amount, state, refusal_message, last_problem
       FROM payments JOIN contractors USING (inn)
       WHERE registry_id = $1 AND ($2::text = '' OR state = $2::text) ORDER BY registry_line`,
      [registry.id, state],
      pageNumber(request),
    )
    // The template calls this where it shows them, and waits for the database there.
    const errors = (): object[] => registries.errors(registry.id, allClients, shownErrors)
    const { open } = registry.progress
    const paid = registry.rows - registry.errors
    const done = registry.state === 'refused' ? 0 : paid - open
    const data = { registry, state, paymentStates, errors, shownErrors, paid, done, open }
    return renderPage(request, reply, 'registry', { ...list, ...data })
  })

  panel.get('/registries/:id/result.csv', forViewers, function downloadResult(request, reply) {
    const { id } = registries.get(idOf(request), allClients)
    const parts = [resultHead]
    for (const results of resultsOf(database, id)) parts.push(csvOf(results))
    reply.type('text/csv; charset=utf-8')
    reply.header('content-disposition', `attachment; filename="register-${id}.csv"`)
    return parts.join('')
  })
}

// With a byte order mark, without which spreadsheets take it for another encoding.
const resultHead = '\ufeffline,inn,amount,purpose,state,reason,transfer,receipt\n'

function csvOf(results: readonly RegistryResult[]): string {
  const records = results.map(({ amount, ...result }) => [
    result.line,
    result.inn,
    amount === null ? null : formatAmount(BigInt(amount)),
    result.purpose,
    result.state,
    result.reason,
    result.transferId,
    result.receiptId,
  ])
  // A purpose that begins like a formula is one to a spreadsheet.
  return stringify(records, { escape_formulas: true })
}

function idOf(request: FastifyRequest): string {
  return uuidOf(request, unknownRegistry)
}
