import type { FastifyInstance } from 'fastify'
import { TimedOut, wait, withTimeout } from 'greenthreads'
import { type Access, openAccess } from './access/open-access.ts'
import type { Config } from './config.ts'
import { Contractors } from './contractors/contractors.ts'
import { buildServer } from './http/server.ts'
import { contractorStatus } from './modes/contractor-status-parts.ts'
import { openStatusHandlers } from './modes/modes.ts'
import type { Mode, StatusHandlers } from './modes/status-handlers.ts'
import type { Crowd } from './observability/crowd.ts'
import { openTracing } from './observability/tracing.ts'
import { OpenedParts } from './opened-parts.ts'
import { PaymentService, type ReadyPaymentConfig } from './payments/payment-service.ts'
import { Protections } from './protection/protections.ts'
import type { Clock } from './status/status-cache.ts'
import { connectDatabase } from './storage/connect.ts'
import { ContractorRepository } from './storage/contractor-repository.ts'
import type { Database } from './storage/database.ts'
import { TaxAuthority } from './tax-authority/tax-authority.ts'

export type ServiceConfig = Omit<
  Config,
  'taxUrl' | 'host' | 'port' | 'isPortChosen' | 'payments'
> & {
  readonly taxUrl: string
  readonly payments: ReadyPaymentConfig
  /** Nothing here is real: keys and a password to try the service with are made and shown. */
  readonly isDemonstration: boolean
  /** Clients which try the service, where there are any. */
  readonly crowd?: Crowd | undefined
}

export const demoContractorCount = 250
const mostClosingMs = 10_000
const mostFinishingMs = 5000

/** The service with everything it stands on: put together here, and nowhere else. */
export class Service {
  readonly server: FastifyInstance
  readonly database: Database
  readonly access: Access
  readonly protections: Protections
  readonly #statusHandlers: StatusHandlers
  readonly #opened: OpenedParts

  private constructor(
    server: FastifyInstance,
    database: Database,
    access: Access,
    protections: Protections,
    statusHandlers: StatusHandlers,
    opened: OpenedParts,
  ) {
    this.server = server
    this.database = database
    this.access = access
    this.protections = protections
    this.#statusHandlers = statusHandlers
    this.#opened = opened
  }

  /**
   * Opens the database and builds the server, which does not listen yet. For code in a green thread. When one part
   * can't be opened, those before it are closed: nothing of them keeps the process alive.
   */
  static open(config: ServiceConfig, now: Clock = () => new Date()): Service {
    const opened = new OpenedParts()
    try {
      return Service.#open(config, now, opened)
    } catch (error) {
      throw opened.abandon(error)
    }
  }

  static #open(config: ServiceConfig, now: Clock, opened: OpenedParts): Service {
    // First, so that it is closed last: it tells of all the others.
    opened.add(
      'export of spans',
      openTracing(config.observability, (message) =>
        process.emitWarning(`Spans can't be sent: ${message}`),
      ),
      (part) => part.close(),
    )
    const options = {
      ...config,
      demoContractors: demoContractorCount,
      onIdleError: (error: Error) =>
        process.emitWarning(`A database connection failed: ${error.message}`),
    }
    const database = opened.add('database', connectDatabase(options), (part) => part.close())
    const protections = opened.add(
      'upstreams and Redis',
      new Protections(config.protection, (error) =>
        process.emitWarning(`Redis can't be used: ${error.message}`),
      ),
      (part) => part.close(),
    )
    const upstream = protections.openUpstream({
      name: 'tax authority',
      url: config.taxUrl,
      timeoutMs: config.taxTimeoutMs,
      connections: config.taxConnections,
    })
    const taxAuthority = new TaxAuthority(upstream)
    const statusHandlers = opened.add(
      'status check',
      openStatusHandlers({ ...config, database, taxAuthority, now }),
      (part) => part.close(),
    )
    const contractors = new ContractorRepository(database)
    const paymentService = PaymentService.open({
      config: config.payments,
      database,
      contractors,
      status: contractorStatus({ ...config, queries: database, taxAuthority, now }),
      taxUpstream: upstream,
      openUpstream: (address) => protections.openUpstream(address),
      now,
    })
    const access = openAccess(database, config, now)
    const server = buildServer({
      logLevel: config.logLevel,
      retryAfterMs: config.taxRetryAfterMs,
      database,
      access,
      config: config.protection,
      protections,
      crowd: config.crowd,
      statusHandlers,
      contractors: new Contractors(contractors, now),
      paymentService,
    })
    paymentService.start(server.log)
    opened.add('payments', paymentService, (part) => part.stop(mostFinishingMs))
    opened.add('server', server, closeServer)
    return new Service(server, database, access, protections, statusHandlers, opened)
  }

  get mode(): Mode {
    return this.#statusHandlers.mode
  }

  /** Takes no new requests, answers those it has, finishes payments, then lets go of everything. */
  close(): void {
    this.#opened.close()
  }
}

function closeServer(server: FastifyInstance): void {
  const closing = server.close()
  try {
    withTimeout(mostClosingMs, () => wait(closing))
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error
    // Clients that neither finish their request nor read their answer may not hold the service for ever.
    server.server.closeAllConnections()
    wait(closing)
  }
}
