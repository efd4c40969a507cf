import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../domain/errors.ts'
import { allClients } from '../domain/owner.ts'
import { annulmentReasons, paymentStates, unknownPayment } from '../domain/payment.ts'
import { sessionOf } from '../http/session-guard.ts'
import type { PaymentChange } from '../payments/payments.ts'
import { entryOf } from './audit-entry.ts'
import { field, pageNumber, parameter, uuidOf } from './form-fields.ts'
import { containing, pageOf } from './list-query.ts'
import type { Notice } from './notices.ts'
import { renderPage } from './pages.ts'
import type { PanelParts } from './panel.ts'

/** Payments: the list, one with its steps, and what an operator can do about it. */
export function addPaymentRoutes(
  panel: FastifyInstance,
  { access, database, payments }: PanelParts,
): void {
  const { audit } = access
  const forViewers = { config: { access: 'session' } } as const
  const forOperators = { config: { access: 'session', role: 'operator' } } as const

  const changeOf = (request: FastifyRequest, action: string, details = ''): PaymentChange => ({
    owner: allClients,
    by: sessionOf(request).login,
    alongside: (queries, { id }) =>
      audit.write(queries, entryOf(request, action, `payment ${id}`, details)),
  })

  panel.get('/payments', forViewers, function listPayments(request, reply) {
    const search = parameter(request, 'search')
    const state = parameter(request, 'state')
    const list = pageOf(
      database,
      `SELECT payments.id, inn, name, client, amount, state, last_problem, created_at
       FROM payments JOIN contractors USING (inn)
       WHERE ($1::text = '' OR name ILIKE $2::text OR inn LIKE $2::text OR client ILIKE $2::text
              OR purpose ILIKE $2::text OR payments.id::text LIKE $2::text)
         AND ($3::text = '' OR state = $3::text)
       ORDER BY number DESC`,
      [search, containing(search), state],
      pageNumber(request),
    )
    return renderPage(request, reply, 'payments', { ...list, search, state, paymentStates })
  })

  panel.get('/payments/:id', forViewers, function showPayment(request, reply) {
    const payment = payments.get(idOfPayment(request), allClients)
    // The template calls this where it shows the steps, and waits for the database there.
    const events = (): readonly object[] => payments.events(payment.id, allClients)
    return renderPage(request, reply, 'payment', { payment, events, annulmentReasons })
  })

  panel.post('/payments/:id/retry', forOperators, function retryPayment(request, reply) {
    const id = idOfPayment(request)
    payments.retry(id, changeOf(request, 'payment retried'))
    return back(reply, id, 'payment-retried')
  })

  panel.post('/payments/:id/annul', forOperators, function annulPayment(request, reply) {
    const id = idOfPayment(request)
    const reason = annulmentReasons.find((candidate) => candidate === field(request, 'reason'))
    if (reason === undefined) throw reasonInvalid()
    payments.annul(id, reason, changeOf(request, 'receipt annulled', reason))
    return back(reply, id, 'payment-annulled')
  })
}

function back(reply: FastifyReply, id: string, notice: Notice): FastifyReply {
  return reply.redirect(`/admin/payments/${id}?notice=${notice}`, 303)
}

function idOfPayment(request: FastifyRequest): string {
  return uuidOf(request, unknownPayment)
}

function reasonInvalid(): Problem {
  const reasons = annulmentReasons.join(', ')
  return new Problem('invalid', 'REASON_INVALID', `A receipt is annulled for one of ${reasons}.`)
}
