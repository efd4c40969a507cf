import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { isAtLeast, type Role } from '../access/access.ts'
import { isFormToken, longestSessionMs, type Session, type Sessions } from '../access/sessions.ts'
import { Problem } from '../domain/errors.ts'
import '@fastify/cookie'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is logged in; undefined on routes for others. */
    session: Session | undefined
  }
}

const cookieName = 'panel_session'
export const tokenField = 'form_token'
const readingMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** Lets in those who are logged in to the admin panel, and takes forms only from its own pages. */
export class SessionGuard {
  readonly #sessions: Sessions

  constructor(sessions: Sessions) {
    this.#sessions = sessions
  }

  /** Throws a `Problem` when nobody is logged in, or somebody whose role is not enough. */
  admit(request: FastifyRequest, least: Role): Session {
    const session = this.#sessionOf(request)
    if (session === undefined) throw sessionMissing(cookieOf(request, cookieName) !== undefined)
    if (!isAtLeast(session.role, least)) throw roleMissing(session, least)
    return session
  }

  /** Whether `admit` would let the request in now. Suspends; does not count as a use of the session. */
  isStillAdmitted(request: FastifyRequest, least: Role): boolean {
    const secret = cookieOf(request, cookieName)
    const role = secret === undefined ? undefined : this.#sessions.roleOf(secret)
    return role !== undefined && isAtLeast(role, least)
  }

  /** Gives the route the check that what changes something comes from a form of the same session. */
  guardForms(route: RouteOptions): void {
    if ([route.method].flat().every((method) => readingMethods.includes(method))) return
    const others = route.preHandler === undefined ? [] : [route.preHandler].flat()
    route.preHandler = [checkForm, ...others]
  }

  logIn(request: FastifyRequest, reply: FastifyReply, userId: number): void {
    this.logOut(request, reply)
    const secret = this.#sessions.open(userId)
    sendCookie(request, reply, cookieName, secret, longestSessionMs)
  }

  logOut(request: FastifyRequest, reply: FastifyReply): void {
    const secret = cookieOf(request, cookieName)
    if (secret === undefined) return
    this.#sessions.close(secret)
    sendCookie(request, reply, cookieName, '', 0)
  }

  #sessionOf(request: FastifyRequest): Session | undefined {
    const secret = cookieOf(request, cookieName)
    return secret === undefined ? undefined : this.#sessions.find(secret)
  }
}

/** For handlers of routes with the access 'session'. */
export function sessionOf(request: FastifyRequest): Session {
  if (request.session !== undefined) return request.session
  throw new Error(`${request.routeOptions.url} takes no session: nobody is known to be logged in.`)
}

export function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const header = request.headers.cookie
  return header === undefined ? undefined : request.server.parseCookie(header)[name] || undefined
}

/** A cookie for the panel alone, which neither scripts nor other sites can use. */
export function sendCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  value: string,
  maxAgeMs: number,
): void {
  const cookie = request.server.serializeCookie(name, value, {
    path: '/admin',
    httpOnly: true,
    sameSite: 'strict',
    secure: request.protocol === 'https',
    maxAge: Math.floor(maxAgeMs / 1000),
  })
  reply.header('set-cookie', cookie)
}

/** Throws a `Problem` unless the form carries the token that belongs to `expected`. */
export function checkFormToken(request: FastifyRequest, expected: string | undefined): void {
  const body = request.body as Record<string, unknown> | null | undefined
  if (expected !== undefined && isFormToken(expected, body?.[tokenField])) return
  throw new Problem(
    'forbidden',
    'FORM_TOKEN_WRONG',
    'The form does not belong to this session: it is too old, or it was sent from another site. Load its page again.',
  )
}

function checkForm(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void) {
  try {
    checkFormToken(request, request.session?.formToken)
  } catch (error) {
    return done(error as Error)
  }
  done()
}

function sessionMissing(isOver: boolean): Problem {
  const message = isOver ? 'The session is over. Log in again.' : 'Nobody is logged in.'
  return new Problem('unauthorized', 'SESSION_MISSING', message)
}

function roleMissing({ login, role }: Session, least: Role): Problem {
  return new Problem(
    'forbidden',
    'ROLE_MISSING',
    `${login} is ${role}; this takes the role ${least}. An admin can change roles.`,
    { role, least },
  )
}
