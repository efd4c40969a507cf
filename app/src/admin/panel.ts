import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import formbody from '@fastify/formbody'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { wait } from 'greenthreads'
import type { Access } from '../access/open-access.ts'
import type { SessionGuard } from '../http/session-guard.ts'
import type { Payments } from '../payments/payments.ts'
import type { Protections } from '../protection/protections.ts'
import type { Registries } from '../registries/registries.ts'
import type { Database } from '../storage/database.ts'
import { addAuditRoutes } from './audit-routes.ts'
import { addContractorRoutes } from './contractor-routes.ts'
import { addDashboardRoutes } from './dashboard-routes.ts'
import { showErrorsAsPages } from './error-page.ts'
import type { FridayEvening } from './friday-evening.ts'
import { addKeyRoutes } from './key-routes.ts'
import { addLoginRoutes } from './login-routes.ts'
import { addPaymentRoutes } from './payment-routes.ts'
import { addRegistryRoutes } from './registry-routes.ts'
import { addUserRoutes } from './user-routes.ts'

export interface PanelParts {
  readonly database: Database
  readonly access: Access
  readonly protections: Protections
  readonly evening: FridayEvening
  readonly payments: Payments
  readonly registries: Registries
}

const assetsFolder = fileURLToPath(new URL('../../../assets', import.meta.url))
const chartFiles: readonly string[] = ['uPlot.esm.js', 'uPlot.min.css']
const chartFolder = dirname(fileURLToPath(import.meta.resolve('uplot')))
const mostFormBytes = 64 * 1024

// No script and no style but our own files, no frame around us, forms to us alone.
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The pages for people, under /admin. */
export function addAdminPanel(
  server: FastifyInstance,
  parts: PanelParts,
  sessionGuard: SessionGuard,
): void {
  wait(
    server.register(
      (panel, _options, done) => {
        panel.register(formbody, { bodyLimit: mostFormBytes })
        panel.register(fastifyStatic, { serve: false, root: assetsFolder })
        secure(panel)
        showErrorsAsPages(panel)
        addAssetRoute(panel)
        addLoginRoutes(panel, parts, sessionGuard)
        addContractorRoutes(panel, parts)
        addPaymentRoutes(panel, parts)
        addRegistryRoutes(panel, parts)
        addKeyRoutes(panel, parts)
        addUserRoutes(panel, parts)
        addAuditRoutes(panel, parts)
        addDashboardRoutes(panel, parts)
        panel.get('/', { config: { access: 'session' } }, function showStart(_request, reply) {
          return reply.redirect('/admin/dashboard', 303)
        })
        done()
      },
      { prefix: '/admin' },
    ),
  )
}

function secure(panel: FastifyInstance): void {
  panel.addHook('onRequest', function setSecurityHeaders(_request, reply) {
    reply.headers({
      'content-security-policy': contentPolicy,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    })
  })
}

function addAssetRoute(panel: FastifyInstance): void {
  const publicly = { config: { access: 'public' } } as const
  panel.get<{ Params: { file: string } }>('/assets/:file', publicly, (request, reply) => {
    const { file } = request.params
    return reply.sendFile(file, chartFiles.includes(file) ? chartFolder : assetsFolder)
  })
}
