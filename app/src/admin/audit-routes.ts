import type { FastifyInstance } from 'fastify'
import { pageNumber, parameter } from './form-fields.ts'
import { containing, pageOf } from './list-query.ts'
import { renderPage } from './pages.ts'
import type { PanelParts } from './panel.ts'

/** Who has done what: the newest first. */
export function addAuditRoutes(panel: FastifyInstance, { database }: PanelParts): void {
  panel.get('/audit', { config: { access: 'session' } }, function listAudit(request, reply) {
    const search = parameter(request, 'search')
    const action = parameter(request, 'action')
    const list = pageOf(
      database,
      `SELECT id, at, login, action, subject, details, request_id FROM audit_log
       WHERE ($1::text = '' OR login ILIKE $2::text OR subject ILIKE $2::text OR details ILIKE $2::text)
         AND ($3::text = '' OR action = $3::text)
       ORDER BY id DESC`,
      [search, containing(search), action],
      pageNumber(request),
    )
    const actions = (): object[] =>
      database.query('SELECT DISTINCT action FROM audit_log ORDER BY action')
    return renderPage(request, reply, 'audit', { ...list, search, action, actions })
  })
}
