import { type TObject, type TSchema, Type } from '@sinclair/typebox'

declare module 'fastify' {
  interface FastifySchema {
    /** What the route is for, in the API's document. */
    summary?: string
  }
}

const errorSchema: TObject = Type.Object(
  {
    error: Type.Object({
      code: Type.String(),
      message: Type.String(),
      details: Type.Object({}, { additionalProperties: true }),
      requestId: Type.String(),
    }),
  },
  { title: 'Error' },
)

/** The answers of a route: its own, and errors in the one form. */
export function responses<Own extends Record<number, TSchema>>(
  own: Own,
): Own & { '4xx': TObject; '5xx': TObject } {
  return { ...own, '4xx': errorSchema, '5xx': errorSchema }
}

/** An object of exactly these properties. */
export function exactly<Properties extends Record<string, TSchema>>(
  properties: Properties,
): TObject<Properties> {
  return Type.Object(properties, { additionalProperties: false })
}

export const nullableText = Type.Union([Type.String(), Type.Null()])

/** Times in answers: ISO 8601, UTC. */
export const instant = Type.String({ examples: ['2030-01-02T03:04:05.678Z'] })

const mostPageLength = 200

/** The query of a list: newest first, each page begins after the last entry of the one before. */
export const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: mostPageLength, default: 50 }),
  before: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 2_147_483_647,
      description: '`next` of the page before this one',
    }),
  ),
}

export const nextPage = Type.Union([Type.Integer(), Type.Null()], {
  description: '`before` of the next page; null after the last one',
})

/** What `next` has to be after these entries. */
export function nextAfter(entries: readonly { number: number }[], limit: number): number | null {
  return entries.length === limit ? (entries.at(-1)?.number ?? null) : null
}
