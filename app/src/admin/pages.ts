import { fileURLToPath } from 'node:url'
import { Eta } from 'eta'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isAtLeast, type Role } from '../access/access.ts'
import { sessionOf, tokenField } from '../http/session-guard.ts'
import { noticeOf } from './notices.ts'

/** What a template gets as `it`; functions may ask the database: the template waits for them. */
export type PageData = Readonly<Record<string, unknown>>

// From dist/src/admin as well as from src/admin: the templates are not compiled with the code.
const viewsFolder = fileURLToPath(new URL('../../../views', import.meta.url))
const eta = new Eta({ views: viewsFolder, cache: true })

const contentType = 'text/html; charset=utf-8'

/** A page of the panel for somebody who is logged in. */
export function renderPage(
  request: FastifyRequest,
  reply: FastifyReply,
  view: string,
  data: PageData,
): string {
  const session = sessionOf(request)
  reply.type(contentType)
  return eta.render(view, {
    ...formats,
    ...data,
    session,
    token: tokenInput(session.formToken),
    can: (role: Role) => isAtLeast(session.role, role),
    path: request.url.replace(/\?.*/s, ''),
    href: (changes: PageData) => hrefWith(request.query as PageData, changes),
    notice: noticeOf((request.query as PageData).notice),
  })
}

/** A page for anybody: the login, an error. */
export function renderBarePage(reply: FastifyReply, view: string, data: PageData): string {
  reply.type(contentType)
  return eta.render(view, { ...formats, ...data })
}

/** The hidden field that every form has to have. Made of a token without special characters. */
export function tokenInput(token: string): string {
  return `<input type="hidden" name="${tokenField}" value="${token}">`
}

const formats = {
  time: (at: Date | undefined | null) =>
    at ? `${at.toISOString().slice(0, 19).replace('T', ' ')}` : '—',
  rubles,
}

function rubles(kopecks: bigint | number | string): string {
  const [whole, rest] = [BigInt(kopecks) / 100n, BigInt(kopecks) % 100n]
  return `${whole.toString().replaceAll(/\B(?=(\d{3})+$)/g, '\u00a0')}.${rest.toString().padStart(2, '0')}`
}

function hrefWith(query: PageData, changes: PageData): string {
  const all = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...query, ...changes })) {
    if (name !== 'notice' && value !== undefined && value !== '') all.set(name, String(value))
  }
  return `?${all}`
}
