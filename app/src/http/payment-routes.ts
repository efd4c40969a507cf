import type { Static } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { parseIdempotencyKey } from '../domain/idempotency.ts'
import { isFinal, type Payment } from '../domain/payment.ts'
import type { Payments } from '../payments/payments.ts'
import { callerOf } from './access-guard.ts'
import { parseInstant } from './instant.ts'
import { presentPayment } from './payment-body.ts'
import {
  annulmentRequest,
  eventList,
  idempotencyHeaders,
  paymentBody,
  paymentList,
  paymentParams,
  paymentQuery,
  paymentRequest,
} from './payment-schemas.ts'
import { nextAfter, responses } from './schemas.ts'

interface PaymentRoute {
  Params: Static<typeof paymentParams>
}

const finishedOrNot = responses({ 200: paymentBody, 201: paymentBody, 202: paymentBody })

/** Paying contractors, looking payments up, and annulling their receipts. */
export function addPaymentRoutes(server: FastifyInstance, payments: Payments): void {
  server.post<{ Body: Static<typeof paymentRequest> }>(
    '/payments',
    {
      config: { access: 'payments:write' },
      schema: {
        summary: 'Pay a contractor',
        headers: idempotencyHeaders,
        body: paymentRequest,
        response: finishedOrNot,
      },
    },
    function createPayment(request, reply) {
      const key = parseIdempotencyKey(request.headers['idempotency-key'])
      const { payment, isNew } = payments.create(callerOf(request).client, key, request.body)
      reply.header('location', `/payments/${payment.id}`)
      return answer(reply, payment, isNew ? 201 : 200)
    },
  )

  server.get<{ Querystring: Static<typeof paymentQuery> }>(
    '/payments',
    {
      config: { access: 'payments:read' },
      schema: {
        summary: "The client's own payments, newest first",
        querystring: paymentQuery,
        response: responses({ 200: paymentList }),
      },
    },
    function listPayments(request): Static<typeof paymentList> {
      const { limit, from, until, ...filter } = request.query
      const found = payments.list(
        callerOf(request).client,
        { ...filter, from: parseInstant('from', from), until: parseInstant('until', until) },
        limit,
      )
      return { payments: found.map(presentPayment), next: nextAfter(found, limit) }
    },
  )

  server.get<PaymentRoute>(
    '/payments/:id',
    {
      config: { access: 'payments:read' },
      schema: {
        summary: 'One payment',
        params: paymentParams,
        response: responses({ 200: paymentBody }),
      },
    },
    function showPayment(request) {
      return presentPayment(payments.get(request.params.id, callerOf(request).client))
    },
  )

  server.get<PaymentRoute>(
    '/payments/:id/events',
    {
      config: { access: 'payments:read' },
      schema: {
        summary: 'What has happened to a payment, oldest first',
        params: paymentParams,
        response: responses({ 200: eventList }),
      },
    },
    function listEvents(request): Static<typeof eventList> {
      const events = payments.events(request.params.id, callerOf(request).client)
      return {
        events: events.map(({ at, event, detail }) => ({ at: at.toISOString(), event, detail })),
      }
    },
  )

  server.post<PaymentRoute & { Body: Static<typeof annulmentRequest> }>(
    '/payments/:id/annulment',
    {
      config: { access: 'payments:write' },
      schema: {
        summary: 'Annul the receipt of a completed payment',
        params: paymentParams,
        body: annulmentRequest,
        response: responses({ 200: paymentBody, 202: paymentBody }),
      },
    },
    function annulPayment(request, reply) {
      const { client } = callerOf(request)
      const { params, body } = request
      const payment = payments.annul(params.id, body.reason, { owner: client, by: client })
      return answer(reply, payment, 200)
    },
  )
}

function answer(reply: FastifyReply, payment: Payment, finished: 200 | 201) {
  reply.code(isFinal(payment) ? finished : 202)
  return presentPayment(payment)
}
