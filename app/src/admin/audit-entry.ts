import type { FastifyRequest } from 'fastify'
import type { AuditEntry } from '../access/audit-log.ts'
import { sessionOf } from '../http/session-guard.ts'

/** What the user of this request has done, for the audit log. */
export function entryOf(
  request: FastifyRequest,
  action: string,
  subject: string,
  details = '',
): AuditEntry {
  return { login: sessionOf(request).login, action, subject, details, requestId: request.id }
}
