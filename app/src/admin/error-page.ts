import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorBody, replyRouteUnknown } from '../http/error-reply.ts'
import { renderBarePage } from './pages.ts'

/**
 * Shows errors to people as pages. All errors come in one form, from wherever: here it is set in HTML. Who is
 * not logged in is asked to, and brought back to where they wanted.
 */
export function showErrorsAsPages(panel: FastifyInstance): void {
  panel.setNotFoundHandler(replyRouteUnknown)
  panel.addHook('onSend', function showError(request, reply, payload) {
    const isError = reply.statusCode >= 400 && isJson(reply)
    if (!isError || typeof payload !== 'string' || !wantsPage(request)) return payload
    const { error } = JSON.parse(payload) as ErrorBody
    if (error.code === 'SESSION_MISSING' && request.method === 'GET') {
      const wanted = new URLSearchParams({ next: request.url })
      reply.removeHeader('www-authenticate').removeHeader('content-length')
      reply.code(303).header('location', `/admin/login?${wanted}`)
      return ''
    }
    reply.removeHeader('content-length')
    return renderBarePage(reply, 'error', { error, statusCode: reply.statusCode })
  })
}

function isJson(reply: FastifyReply): boolean {
  return String(reply.getHeader('content-type')).startsWith('application/json')
}

function wantsPage({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') ?? false
}
