import { Type } from '@sinclair/typebox'
import type { Inn } from '../domain/inn.ts'
import { annulmentReasons, paymentStates } from '../domain/payment.ts'
import { exactly, instant, nextPage, nullableText, pageQuery } from './schemas.ts'

/** One of these words. */
export function oneOf<Words extends readonly string[]>(words: Words) {
  return Type.Unsafe<Words[number]>({ type: 'string', enum: words })
}

export const uuid = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
})
const amount = Type.String({ description: 'rubles', examples: ['1234.56'] })
const nullableInstant = Type.Union([instant, Type.Null()])

export const paymentParams = Type.Object({ id: uuid })

export const idempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description: 'Required. New and random for each new request, the same for its repetitions.',
    }),
  ),
})

export const paymentRequest = exactly({
  inn: Type.String({ description: 'of the contractor' }),
  amount,
  purpose: Type.String({ description: 'what is paid for: one line, on the receipt as well' }),
})

export const annulmentRequest = exactly({ reason: oneOf(annulmentReasons) })

export const paymentQuery = exactly({
  ...pageQuery,
  state: Type.Optional(oneOf(paymentStates)),
  inn: Type.Optional(Type.Unsafe<Inn>({ type: 'string', pattern: '^[0-9]{12}$' })),
  registryId: Type.Optional(uuid),
  from: Type.Optional(Type.String({ description: 'created at this time or later' })),
  until: Type.Optional(Type.String({ description: 'created before this time' })),
})

export const paymentBody = Type.Object(
  {
    id: Type.String(),
    client: Type.String(),
    registryId: nullableText,
    registryLine: Type.Union([Type.Integer(), Type.Null()]),
    inn: Type.String(),
    amount,
    purpose: Type.String(),
    state: oneOf(paymentStates),
    refusal: Type.Union([
      Type.Object({ code: Type.String(), message: Type.String() }),
      Type.Null(),
    ]),
    transferId: nullableText,
    paidAt: nullableInstant,
    receiptId: nullableText,
    annulmentReason: nullableText,
    attempts: Type.Integer({ description: 'how often the present step has failed' }),
    lastProblem: nullableText,
    createdAt: instant,
    updatedAt: instant,
  },
  { title: 'Payment' },
)

export const paymentList = Type.Object({ payments: Type.Array(paymentBody), next: nextPage })

export const eventList = Type.Object({
  events: Type.Array(Type.Object({ at: instant, event: Type.String(), detail: Type.String() })),
})
