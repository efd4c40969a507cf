import type { FastifyRequest } from 'fastify'
import { Problem } from '../domain/errors.ts'

const mostCharacters = 1000
const mostPages = 10_000

/** The text of a form's field; empty when it has none. */
export function field(request: FastifyRequest, name: string): string {
  return textOf(name, valuesOf(request.body, name)[0])
}

/** The texts of a field that a form may have several times, such as boxes to tick. */
export function fields(request: FastifyRequest, name: string): string[] {
  return valuesOf(request.body, name).map((value) => textOf(name, value))
}

/** The text of a parameter in the address; empty when it has none. */
export function parameter(request: FastifyRequest, name: string): string {
  return textOf(name, valuesOf(request.query, name)[0])
}

/** The number of the page of a list, from 1. */
export function pageNumber(request: FastifyRequest): number {
  const text = parameter(request, 'page')
  if (text === '') return 1
  const page = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (page >= 1 && page <= mostPages) return page
  throw new Problem('invalid', 'PAGE_INVALID', `Pages are numbered from 1 to ${mostPages}.`)
}

/** The number in the path that says which row is meant. */
export function idOf(request: FastifyRequest): number {
  const { id = '' } = request.params as { id?: string }
  if (/^\d{1,9}$/.test(id)) return Number(id)
  throw new Problem('not-found', 'ID_UNKNOWN', 'There is nothing with that number.')
}

/** The id in the path, or the problem that there is nothing of the kind. */
export function uuidOf(request: FastifyRequest, unknown: (id: string) => Problem): string {
  const { id = '' } = request.params as { id?: string }
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id
  throw unknown(id)
}

function valuesOf(source: unknown, name: string): unknown[] {
  const value = (source as Record<string, unknown> | null | undefined)?.[name]
  return value === undefined ? [] : [value].flat()
}

function textOf(name: string, value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : ''
  // No text in PostgreSQL can have the character 0.
  if (text.length <= mostCharacters && !text.includes('\0')) return text
  throw new Problem(
    'invalid',
    'FIELD_INVALID',
    `The field ${name} has more than ${mostCharacters} characters, or one that no text can have.`,
    { field: name },
  )
}
