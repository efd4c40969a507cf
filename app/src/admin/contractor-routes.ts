import type { FastifyInstance } from 'fastify'
import { unknownContractor } from '../domain/contractor.ts'
import { parseInn } from '../domain/inn.ts'
import { pageNumber, parameter } from './form-fields.ts'
import { containing, pageOf } from './list-query.ts'
import { renderPage } from './pages.ts'
import type { PanelParts } from './panel.ts'

interface ContractorRow {
  inn: string
  name: string
  phone: string | null
  account: string | null
  registered_at: Date | null
  standing: string | null
  checked_at: Date | null
}

const standings = ['self-employed', 'not-self-employed', 'unknown'] as const

const selectContractors = `SELECT inn, name, phone, account, registered_at, standing, checked_at
  FROM contractors LEFT JOIN tax_statuses USING (inn)`

/** Contractors: the list, searched by name and INN, and one with all that is known of them. */
export function addContractorRoutes(panel: FastifyInstance, { database }: PanelParts): void {
  const forUsers = { config: { access: 'session' } } as const

  panel.get('/contractors', forUsers, function listContractors(request, reply) {
    const search = parameter(request, 'search')
    const standing = parameter(request, 'standing')
    const list = pageOf<ContractorRow>(
      database,
      `${selectContractors}
       WHERE ($1::text = '' OR name ILIKE $2::text OR inn LIKE $2::text)
         AND ($3::text = '' OR coalesce(standing, 'unknown') = $3::text)
       ORDER BY name, inn`,
      [search, containing(search), standing],
      pageNumber(request),
    )
    return renderPage(request, reply, 'contractors', { ...list, search, standing, standings })
  })

  panel.get<{ Params: { inn: string } }>(
    '/contractors/:inn',
    forUsers,
    function showContractor(request, reply) {
      const inn = parseInn(request.params.inn)
      const sql = `${selectContractors} WHERE inn = $1`
      const [contractor] = database.query<ContractorRow>(sql, [inn])
      if (contractor === undefined) throw unknownContractor(inn)
      // The template calls this where it shows the checks, and waits for the database there.
      const checks = (): object[] =>
        database.query(
          `SELECT standing, checked_at FROM tax_checks WHERE inn = $1
           ORDER BY checked_at DESC, id DESC LIMIT 50`,
          [inn],
        )
      return renderPage(request, reply, 'contractor', { contractor, checks })
    },
  )
}
