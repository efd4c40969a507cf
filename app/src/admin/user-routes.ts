import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isRole, type Role, roles } from '../access/access.ts'
import type { Alongside } from '../access/panel-users.ts'
import { Problem } from '../domain/errors.ts'
import { sessionOf } from '../http/session-guard.ts'
import { entryOf } from './audit-entry.ts'
import { field, idOf } from './form-fields.ts'
import type { Notice } from './notices.ts'
import { renderPage } from './pages.ts'
import type { PanelParts } from './panel.ts'

/** The users of the panel itself. */
export function addUserRoutes(panel: FastifyInstance, { access }: PanelParts): void {
  const { users, audit } = access
  const forAdmins = { config: { access: 'session', role: 'admin' } } as const

  const written = (request: FastifyRequest, action: string, details = ''): Alongside => {
    return (queries, { login }) =>
      audit.write(queries, entryOf(request, action, `user ${login}`, details))
  }

  panel.get('/users', forAdmins, function listUsers(request, reply) {
    return renderPage(request, reply, 'users', { users: users.all(), roles })
  })

  panel.post('/users', forAdmins, function addUser(request, reply) {
    const role = chosenRole(request)
    const alongside = written(request, 'user added', `as ${role}`)
    users.add(field(request, 'login'), role, password(request), alongside)
    return back(reply, 'user-added')
  })

  panel.post('/users/:id/role', forAdmins, function changeRole(request, reply) {
    const role = chosenRole(request)
    users.changeRole(idOfAnother(request), role, written(request, 'role changed', `to ${role}`))
    return back(reply, 'user-changed')
  })

  panel.post('/users/:id/password', forAdmins, function changePassword(request, reply) {
    users.changePassword(idOf(request), password(request), written(request, 'password changed'))
    return back(reply, 'user-changed')
  })

  panel.post('/users/:id/disable', forAdmins, function disableUser(request, reply) {
    users.disable(idOfAnother(request), written(request, 'user disabled'))
    return back(reply, 'user-changed')
  })

  panel.post('/users/:id/enable', forAdmins, function enableUser(request, reply) {
    users.enable(idOf(request), written(request, 'user enabled'))
    return back(reply, 'user-changed')
  })
}

function back(reply: FastifyReply, notice: Notice): FastifyReply {
  return reply.redirect(`/admin/users?notice=${notice}`, 303)
}

/** As typed: spaces at its ends belong to a password. */
function password(request: FastifyRequest): string {
  const { password } = request.body as { password?: unknown }
  return typeof password === 'string' ? password : ''
}

function chosenRole(request: FastifyRequest): Role {
  const role = field(request, 'role')
  if (isRole(role)) return role
  throw new Problem('invalid', 'ROLE_INVALID', `A role is one of ${roles.join(', ')}.`)
}

/** Nobody can lock themselves out: there is always an admin left, namely the one who does this. */
function idOfAnother(request: FastifyRequest): number {
  const id = idOf(request)
  if (id !== sessionOf(request).userId) return id
  throw new Problem(
    'invalid',
    'USER_IS_YOURSELF',
    'Your own account stays as it is: another admin has to change it.',
  )
}
