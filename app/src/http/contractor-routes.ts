import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { Contractors } from '../contractors/contractors.ts'
import type { ContractorRecord } from '../storage/contractor-repository.ts'
import {
  exactly,
  instant,
  nextAfter,
  nextPage,
  nullableText,
  pageQuery,
  responses,
} from './schemas.ts'

const innParams = Type.Object({ inn: Type.String({ description: 'INN, 12 digits' }) })

const registration = exactly({
  inn: Type.String({
    description: 'INN of a person: 12 digits, the last two of which check the others',
  }),
  name: Type.String(),
  phone: Type.String({ examples: ['+79161234567'] }),
  account: Type.String({ description: 'bank account, 20 digits' }),
})

const contractorBody = Type.Object({
  inn: Type.String(),
  name: Type.String(),
  phone: nullableText,
  account: nullableText,
  registeredAt: Type.Union([instant, Type.Null()]),
})

const statusList = Type.Object({
  statuses: Type.Array(Type.Object({ taxStatus: Type.String(), checkedAt: instant })),
  next: nextPage,
})

const listQuery = exactly(pageQuery)

interface ContractorRoute {
  Params: Static<typeof innParams>
}

/** Registering contractors, and what is known of them. */
export function addContractorRoutes(server: FastifyInstance, contractors: Contractors): void {
  server.post<{ Body: Static<typeof registration> }>(
    '/contractors',
    {
      config: { access: 'contractors:write' },
      schema: {
        summary: 'Register a contractor',
        body: registration,
        response: responses({ 200: contractorBody, 201: contractorBody }),
      },
    },
    function registerContractor(request, reply) {
      const { contractor, isNew } = contractors.register(request.body)
      reply.code(isNew ? 201 : 200).header('location', `/contractors/${contractor.inn}`)
      return present(contractor)
    },
  )

  server.get<ContractorRoute>(
    '/contractors/:inn',
    {
      config: { access: 'contractors:read' },
      schema: {
        summary: 'One contractor',
        params: innParams,
        response: responses({ 200: contractorBody }),
      },
    },
    function showContractor(request) {
      return present(contractors.get(request.params.inn))
    },
  )

  server.get<ContractorRoute & { Querystring: Static<typeof listQuery> }>(
    '/contractors/:inn/statuses',
    {
      config: { access: 'contractors:read' },
      schema: {
        summary: 'What the tax authority has said about a contractor, newest first',
        params: innParams,
        querystring: listQuery,
        response: responses({ 200: statusList }),
      },
    },
    function listStatuses(request): Static<typeof statusList> {
      const { limit, before } = request.query
      const statuses = contractors.statuses(request.params.inn, limit, before)
      return {
        statuses: statuses.map(({ standing, checkedAt }) => ({
          taxStatus: standing,
          checkedAt: checkedAt.toISOString(),
        })),
        next: nextAfter(statuses, limit),
      }
    },
  )
}

function present(contractor: ContractorRecord): Static<typeof contractorBody> {
  const { inn, name, phone, account, registeredAt } = contractor
  return { inn, name, phone, account, registeredAt: registeredAt?.toISOString() ?? null }
}
