import type { FastifyInstance } from 'fastify'
import { Problem } from '../domain/errors.ts'
import { type ProtectionName, protectionNames } from '../protection/protections.ts'
import { entryOf } from './audit-entry.ts'
import { field } from './form-fields.ts'
import { renderPage } from './pages.ts'
import type { PanelParts } from './panel.ts'

const protectionMeanings: Readonly<Record<ProtectionName, string>> = {
  admission: 'Admission: one route gets half of the service at most',
  'client-limits': 'Limits: so many requests a second for each client',
  breakers: 'Breakers: an upstream that fails is left in peace',
}

/** The service at work: the page, fed by /admin/live, and what can be tried on it. */
export function addDashboardRoutes(
  panel: FastifyInstance,
  { access, database, protections, evening }: PanelParts,
): void {
  const { audit } = access
  // Who watches an overload is not turned away by it, and takes nobody's place.
  const forViewers = { config: { access: 'session', admission: false } } as const
  const forAdmins = { config: { access: 'session', role: 'admin', admission: false } } as const

  panel.addHook('preClose', (done) => {
    evening.end()
    done()
  })

  panel.get('/dashboard', forViewers, function showDashboard(request, reply) {
    return renderPage(request, reply, 'dashboard', {
      protections: protectionNames.map((name) => ({
        name,
        meaning: protectionMeanings[name],
        isOn: protections.isOn(name),
      })),
      isPossible: evening.isPossible,
    })
  })

  panel.post<{ Params: { name: string } }>(
    '/protections/:name',
    forAdmins,
    function switchProtection(request, reply) {
      evening.checkPossible()
      const name = protectionNames.find((candidate) => candidate === request.params.name)
      if (name === undefined) throw unknownProtection()
      const isOn = field(request, 'on') === 'yes'
      protections.switch(name, isOn)
      const action = `protection switched ${isOn ? 'on' : 'off'}`
      audit.write(database, entryOf(request, action, name))
      return reply.redirect('/admin/dashboard?notice=protection-switched', 303)
    },
  )

  panel.post('/evening', forAdmins, function switchEvening(request, reply) {
    evening.checkPossible()
    const isOn = field(request, 'on') === 'yes'
    evening.flood(isOn)
    audit.write(database, entryOf(request, `Friday evening ${isOn ? 'begun' : 'ended'}`, 'service'))
    return reply.redirect(`/admin/dashboard?notice=evening-${isOn ? 'begun' : 'ended'}`, 303)
  })
}

function unknownProtection(): Problem {
  const names = protectionNames.join(', ')
  return new Problem('not-found', 'PROTECTION_UNKNOWN', `The protections are ${names}.`)
}
