import type { Readable } from 'node:stream'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { Problem } from '../domain/errors.ts'
import { parseIdempotencyKey } from '../domain/idempotency.ts'
import { type GivenRow, mostRegistryBytes, type Registry } from '../domain/registry.ts'
import { csvRows } from '../registries/csv-rows.ts'
import type { Registries } from '../registries/registries.ts'
import { callerOf } from './access-guard.ts'
import { idempotencyHeaders, oneOf, paymentRequest, uuid } from './payment-schemas.ts'
import { exactly, instant, nextAfter, nextPage, pageQuery, responses } from './schemas.ts'

const registryParams = Type.Object({ id: uuid })

const uploadQuery = exactly({
  title: Type.String({ default: 'Payments', description: 'for people' }),
  invalidRows: Type.Unsafe<'refuse' | 'skip'>({
    ...oneOf(['refuse', 'skip']),
    default: 'refuse',
    description: 'whether a line with an error keeps everything from being paid, or only itself',
  }),
})

const jsonRegistry = exactly({
  payments: Type.Array(Type.Object({}, { additionalProperties: true }), {
    description: `each ${Object.keys(paymentRequest.properties).join(', ')}`,
  }),
})

const registryBody = Type.Object(
  {
    id: Type.String(),
    client: Type.String(),
    title: Type.String(),
    state: oneOf(['processing', 'finished', 'refused']),
    rows: Type.Integer(),
    errors: Type.Integer({ description: 'lines that can not be paid' }),
    progress: Type.Object({
      open: Type.Integer(),
      completed: Type.Integer(),
      refused: Type.Integer(),
      annulled: Type.Integer(),
    }),
    createdAt: instant,
  },
  { title: 'Register' },
)

const registryList = Type.Object({ registries: Type.Array(registryBody), next: nextPage })

const errorQuery = exactly({
  limit: pageQuery.limit,
  after: Type.Integer({ minimum: 0, maximum: 2_147_483_647, default: 0, description: '`next`' }),
})

const rowErrorList = Type.Object({
  errors: Type.Array(
    Type.Object({ line: Type.Integer(), code: Type.String(), message: Type.String() }),
  ),
  next: nextPage,
})

const listQuery = exactly(pageQuery)

interface RegistryRoute {
  Params: Static<typeof registryParams>
}

type Uploaded = Readable | Static<typeof jsonRegistry>

/** Registers: thousands of payments in one request, and how far they are. */
export function addRegistryRoutes(server: FastifyInstance, registries: Registries): void {
  // The file is read while it arrives, not gathered first.
  server.addContentTypeParser('text/csv', (_request, file, done) => done(null, file))

  server.post<{ Body: Uploaded; Querystring: Static<typeof uploadQuery> }>(
    '/registries',
    {
      config: { access: 'registries:write' },
      bodyLimit: mostRegistryBytes,
      schema: {
        summary: 'Pay a register of contractors: CSV with a header line, or JSON',
        headers: idempotencyHeaders,
        querystring: uploadQuery,
        body: {
          content: {
            'application/json': { schema: jsonRegistry },
            'text/csv': { schema: {} },
          },
        },
        response: responses({ 200: registryBody, 202: registryBody, 422: registryBody }),
      },
    },
    function uploadRegistry(request, reply) {
      const key = parseIdempotencyKey(request.headers['idempotency-key'])
      const { client } = callerOf(request)
      const rows = rowsOf(request.body)
      const { registry, isNew } = registries.accept(client, key, { ...request.query, rows })
      reply.header('location', `/registries/${registry.id}`)
      reply.code(statusOf(registry, isNew))
      return present(registry)
    },
  )

  server.get<{ Querystring: Static<typeof listQuery> }>(
    '/registries',
    {
      config: { access: 'registries:read' },
      schema: {
        summary: "The client's own registers, newest first",
        querystring: listQuery,
        response: responses({ 200: registryList }),
      },
    },
    function listRegistries(request): Static<typeof registryList> {
      const { limit, before } = request.query
      const found = registries.list(callerOf(request).client, limit, before)
      return { registries: found.map(present), next: nextAfter(found, limit) }
    },
  )

  server.get<RegistryRoute>(
    '/registries/:id',
    {
      config: { access: 'registries:read' },
      schema: {
        summary: 'One register, and how far its payments are',
        params: registryParams,
        response: responses({ 200: registryBody }),
      },
    },
    function showRegistry(request) {
      return present(registries.get(request.params.id, callerOf(request).client))
    },
  )

  server.get<RegistryRoute & { Querystring: Static<typeof errorQuery> }>(
    '/registries/:id/errors',
    {
      config: { access: 'registries:read' },
      schema: {
        summary: 'The lines of a register that can not be paid, and why',
        params: registryParams,
        querystring: errorQuery,
        response: responses({ 200: rowErrorList }),
      },
    },
    function listRowErrors(request): Static<typeof rowErrorList> {
      const { params, query } = request
      const { client } = callerOf(request)
      const errors = registries.errors(params.id, client, query.limit, query.after)
      const next = errors.length === query.limit ? (errors.at(-1)?.line ?? null) : null
      return { errors, next }
    },
  )
}

function rowsOf(body: Uploaded | null | undefined): Iterable<GivenRow> {
  if (body == null) {
    const message = 'The request has no body. Send a register as text/csv or application/json.'
    throw new Problem('invalid', 'REGISTRY_MISSING', message)
  }
  if (!('payments' in body)) return csvRows(body)
  return body.payments.map((fields, index) => ({ line: index + 1, fields: { ...fields } }))
}

function statusOf({ state }: Registry, isNew: boolean): 200 | 202 | 422 {
  if (state === 'refused') return 422
  return isNew ? 202 : 200
}

function present(registry: Registry): Static<typeof registryBody> {
  const { id, client, title, state, rows, errors, progress, createdAt } = registry
  const processed = progress.open > 0 ? 'processing' : 'finished'
  return {
    id,
    client,
    title,
    state: state === 'refused' ? 'refused' : processed,
    rows,
    errors,
    progress,
    createdAt: createdAt.toISOString(),
  }
}
