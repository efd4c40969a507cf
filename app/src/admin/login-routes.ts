import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { wait } from 'greenthreads'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { formTokenOf, newSecret } from '../access/sessions.ts'
import { Problem } from '../domain/errors.ts'
import {
  checkFormToken,
  cookieOf,
  type SessionGuard,
  sendCookie,
  sessionOf,
} from '../http/session-guard.ts'
import { field, parameter } from './form-fields.ts'
import { noticeOf } from './notices.ts'
import { renderBarePage, tokenInput } from './pages.ts'
import type { PanelParts } from './panel.ts'

const formCookie = 'panel_form'
const formLifeMs = 3_600_000
const mostAttempts = 10
const attemptsWithinS = 300

/** Login and logout. Whoever is not logged in yet has no session, so that the form's token belongs to a cookie of its own. */
export function addLoginRoutes(
  panel: FastifyInstance,
  { database, access }: PanelParts,
  sessionGuard: SessionGuard,
): void {
  const { users, audit } = access
  const attempts = new RateLimiterMemory({ points: mostAttempts, duration: attemptsWithinS })
  const publicly = { config: { access: 'public' } } as const

  panel.get('/login', publicly, function showLogin(request, reply) {
    return showForm(request, reply)
  })

  panel.post('/login', publicly, function logIn(request, reply) {
    const secret = cookieOf(request, formCookie)
    checkFormToken(request, secret && formTokenOf(secret))
    const login = field(request, 'login').toLowerCase()
    const who = `${login} ${request.ip}`
    takeAttempt(attempts, who, reply)
    const user = users.authenticate(login, field(request, 'password'))
    // What was typed as a login may be a password: only the logins of users are written down.
    audit.write(database, {
      login: user?.login ?? '',
      action: user === undefined ? 'login refused' : 'login',
      subject: 'panel',
      details: `from ${request.ip}`,
      requestId: request.id,
    })
    if (user === undefined) {
      reply.code(401)
      return showForm(request, reply, 'Login and password do not belong together.')
    }
    wait(attempts.delete(who))
    sessionGuard.logIn(request, reply, user.id)
    return reply.redirect(ownPath(field(request, 'next')), 303)
  })

  panel.post('/logout', { config: { access: 'session' } }, function logOut(request, reply) {
    sessionGuard.logOut(request, reply)
    const { login } = sessionOf(request)
    const what = { login, action: 'logout', subject: 'panel', details: '' }
    audit.write(database, { ...what, requestId: request.id })
    return reply.redirect('/admin/login?notice=logged-out', 303)
  })
}

function showForm(request: FastifyRequest, reply: FastifyReply, refusal?: string): string {
  const secret = cookieOf(request, formCookie) ?? newSecret()
  sendCookie(request, reply, formCookie, secret, formLifeMs)
  return renderBarePage(reply, 'login', {
    token: tokenInput(formTokenOf(secret)),
    next: ownPath(field(request, 'next') || parameter(request, 'next')),
    notice: noticeOf(parameter(request, 'notice')),
    refusal,
  })
}

function takeAttempt(attempts: RateLimiterMemory, who: string, reply: FastifyReply): void {
  try {
    wait(attempts.consume(who))
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error
    const seconds = Math.ceil(error.msBeforeNext / 1000)
    reply.header('retry-after', seconds)
    throw new Problem(
      'too-many',
      'LOGIN_ATTEMPTS',
      `There were ${mostAttempts} attempts to log in. The next one may come in ${seconds} s.`,
    )
  }
}

/** Where to go after the login: a page of the panel, and nothing else that an address might name. */
function ownPath(path: string): string {
  const isOwn = /^\/admin(?:[/?][^\\]*)?$/.test(path) && !path.startsWith('/admin/login')
  return isOwn ? path : '/admin'
}
