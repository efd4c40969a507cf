import type { FastifyInstance } from 'fastify'
import { TimedOut, wait, withTimeout } from 'greenthreads'
import type { Config } from './config.ts'
import { buildServer } from './http/server.ts'
import { StatusController } from './http/status-controller.ts'
import { ContractorStatus } from './status/contractor-status.ts'
import { type Clock, StatusCache } from './status/status-cache.ts'
import { StatusCheck } from './status/status-check.ts'
import { StatusPolicy } from './status/status-policy.ts'
import { connectDatabase } from './storage/connect.ts'
import { ContractorRepository } from './storage/contractor-repository.ts'
import type { Database } from './storage/database.ts'
import { TaxStatusRepository } from './storage/tax-status-repository.ts'
import { TaxAuthority } from './tax-authority/tax-authority.ts'
import { Upstream } from './tax-authority/upstream.ts'

export type ServiceConfig = Omit<Config, 'taxUrl' | 'host' | 'port' | 'isPortChosen'> & {
  readonly taxUrl: string
}

export const demoContractorCount = 250
const mostClosingMs = 10_000

/** The service with everything it stands on: put together here, and nowhere else. */
export class Service {
  readonly server: FastifyInstance
  readonly database: Database
  readonly #upstream: Upstream

  constructor(server: FastifyInstance, database: Database, upstream: Upstream) {
    this.server = server
    this.database = database
    this.#upstream = upstream
  }

  /** Opens the database and builds the server, which does not listen yet. For code in a green thread. */
  static open(config: ServiceConfig, now: Clock = () => new Date()): Service {
    const database = connectDatabase({
      ...config,
      demoContractors: demoContractorCount,
      onIdleError: (error) => process.emitWarning(`A database connection failed: ${error.message}`),
    })
    const upstream = new Upstream({
      url: config.taxUrl,
      timeoutMs: config.taxTimeoutMs,
      connections: config.taxConnections,
    })
    const cache = new StatusCache(new TaxStatusRepository(database), config.statusFreshMs, now)
    const check = new StatusCheck(new TaxAuthority(upstream), now)
    const policy = new StatusPolicy(cache, check)
    const contractorStatus = new ContractorStatus(new ContractorRepository(database), policy)
    const server = buildServer({
      logLevel: config.logLevel,
      retryAfterMs: config.taxRetryAfterMs,
      database,
      statusController: new StatusController(contractorStatus),
    })
    return new Service(server, database, upstream)
  }

  /** Takes no new requests, answers those it has, then lets go of everything. */
  close(): void {
    this.#closeServer()
    this.#upstream.close()
    this.database.close()
  }

  #closeServer(): void {
    const closing = this.server.close()
    try {
      withTimeout(mostClosingMs, () => wait(closing))
    } catch (error) {
      if (!(error instanceof TimedOut)) throw error
      // Clients that neither finish their request nor read their answer may not hold the service for ever.
      this.server.server.closeAllConnections()
      wait(closing)
    }
  }
}
