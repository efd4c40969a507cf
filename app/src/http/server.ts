import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import Fastify, { type FastifyInstance } from 'fastify'
import { wait } from 'greenthreads'
import { greenthreads } from 'greenthreads/fastify'
import type { Access } from '../access/open-access.ts'
import { FridayEvening } from '../admin/friday-evening.ts'
import { addAdminPanel } from '../admin/panel.ts'
import type { ProtectionConfig } from '../config/protection-config.ts'
import type { Contractors } from '../contractors/contractors.ts'
import type { StatusHandlers } from '../modes/status-handlers.ts'
import type { Crowd } from '../observability/crowd.ts'
import { takeFigures } from '../observability/figures.ts'
import { LiveFeed } from '../observability/live-feed.ts'
import { openLog, requestIdOf } from '../observability/log.ts'
import { Metrics } from '../observability/metrics.ts'
import { followRequests } from '../observability/request-context.ts'
import type { PaymentService } from '../payments/payment-service.ts'
import type { Protections } from '../protection/protections.ts'
import type { Database } from '../storage/database.ts'
import { guardRoutes } from './access-guard.ts'
import { describeApi } from './api-document.ts'
import { clientErrorHandler } from './client-error.ts'
import { limitClients } from './client-limit-hook.ts'
import { addContractorRoutes } from './contractor-routes.ts'
import { errorHandler, replyRouteUnknown, replyUrlInvalid } from './error-reply.ts'
import { addHealthRoute } from './health-route.ts'
import { addObservationRoutes } from './observation-routes.ts'
import { addPaymentRoutes } from './payment-routes.ts'
import { addRegistryRoutes } from './registry-routes.ts'
import { SessionGuard } from './session-guard.ts'
import { addStatusRoute } from './status-route.ts'
import { traceRequests } from './trace-hook.ts'
import { validateRequests } from './validation.ts'

export interface ServerOptions {
  readonly logLevel: string
  readonly retryAfterMs: number
  readonly database: Database
  readonly access: Access
  readonly config: ProtectionConfig
  readonly protections: Protections
  readonly crowd: Crowd | undefined
  readonly statusHandlers: StatusHandlers
  readonly contractors: Contractors
  readonly paymentService: PaymentService
}

// Longer than any INN: a path with a wrong one must reach the route, which says what is wrong with it.
const maxParamLength = 2000

// Who ends TLS in front of us knows whether there is any: pages do not ask for it by themselves.
const contentSecurityPolicy = { directives: { upgradeInsecureRequests: null } }

export function buildServer(options: ServerOptions): FastifyInstance {
  const { config, protections } = options
  const figures = () => takeFigures(protections, options.database)
  const metrics = new Metrics(figures)
  const server = Fastify({
    ...(options.logLevel !== 'silent' && { loggerInstance: openLog(options.logLevel) }),
    genReqId: requestIdOf,
    // What still comes through open connections while the server closes is answered; new ones find nobody.
    return503OnClosing: false,
    routerOptions: { maxParamLength },
    bodyLimit: config.bodyLimitBytes,
    requestTimeout: config.requestTimeoutMs,
    frameworkErrors: replyUrlInvalid,
    clientErrorHandler: clientErrorHandler((code) => metrics.countClientError(code)),
    // Both here as well: Node.js holds the first against the default of the second before Fastify sets that.
    http: {
      requestTimeout: config.requestTimeoutMs,
      headersTimeout: Math.min(config.headersTimeoutMs, config.requestTimeoutMs),
    },
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
  })
  wait(server.register(helmet, { contentSecurityPolicy }))
  const evening = new FridayEvening({ server, ...options })
  const onWatched = (isWatched: boolean) => evening.watch(isWatched)
  const liveFeed = new LiveFeed({ figures, crowd: options.crowd, onWatched })
  metrics.follow(server, (route, status, ms) => liveFeed.record(route, status, ms))
  traceRequests(server)
  // From here on every hook and handler runs in a green thread and may wait.
  wait(server.register(greenthreads, { admission: protections.admission }))
  followRequests(server)
  validateRequests(server)
  // No route takes plain text, which would come as a string past every schema: 415.
  server.removeContentTypeParser('text/plain')
  server.setErrorHandler(errorHandler(options.retryAfterMs))
  server.setNotFoundHandler(replyRouteUnknown)
  // Cookies are read where the panel wants them, not for every request.
  wait(server.register(cookie, { hook: false }))
  const sessionGuard = new SessionGuard(options.access.sessions)
  guardRoutes(server, { apiKeys: options.access.apiKeys, sessionGuard })
  limitClients(server, protections.clientLimits)
  describeApi(server)
  addHealthRoute(server, options.statusHandlers)
  addStatusRoute(server, options.statusHandlers)
  addContractorRoutes(server, options.contractors)
  addPaymentRoutes(server, options.paymentService.payments)
  addRegistryRoutes(server, options.paymentService.registries)
  addObservationRoutes(server, metrics, liveFeed, sessionGuard)
  addAdminPanel(server, { ...options, ...options.paymentService, evening }, sessionGuard)
  wait(server.ready())
  return server
}
