import type { InjectOptions } from 'fastify'
import { toAsync } from 'greenthreads'
import type { Behaviour } from '../../simulator/behaviour.ts'
import { LocalCrowd } from '../../simulator/local-crowd.ts'
import { Neighbours } from '../../simulator/neighbours.ts'
import type { TaxAuthoritySimulator } from '../../simulator/tax-authority.ts'
import { apiScopes } from '../../src/access/access.ts'
import { ApiKeys } from '../../src/access/api-keys.ts'
import type { ObservabilityConfig } from '../../src/config/observability-config.ts'
import type { PaymentConfig } from '../../src/config/payment-config.ts'
import type { ProtectionConfig } from '../../src/config/protection-config.ts'
import { readConfig } from '../../src/config.ts'
import type { ErrorBody } from '../../src/http/error-reply.ts'
import type { StatusBody } from '../../src/http/status-controller.ts'
import type { Mode } from '../../src/modes/status-handlers.ts'
import { Service } from '../../src/service.ts'
import { demoContractors } from '../../src/storage/seed.ts'
import { calmProtection } from './protection.ts'

export interface Answer<Body> {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Body
}

export interface FixtureOptions {
  readonly databaseUrl?: string | undefined
  readonly behaviour?: Partial<Behaviour>
  readonly taxTimeoutMs?: number
  readonly payments?: Omit<Partial<PaymentConfig>, 'bankUrl' | 'notificationsUrl'>
  readonly mode?: Mode
  readonly protection?: Partial<ProtectionConfig>
  readonly observability?: Partial<ObservabilityConfig>
  /** With the front user and the noisy neighbour, in this process. */
  readonly hasCrowd?: boolean
}

export const statusFreshMs = 60_000
/** Has every scope. */
const apiKey = 'gtk_of_every_test_of_the_service'
export const authorization = { authorization: `Bearer ${apiKey}` }
/** Longer than anything takes that comes to its end, however busy the machine is. */
const patientMs = 60_000
const patientPayments = {
  ...readConfig({}).payments,
  answerMs: patientMs,
  bankTimeoutMs: patientMs,
  notificationsTimeoutMs: patientMs,
}

/** A service on a database of its own, its own tax authority, and a clock that moves when it is told to. */
export class ServiceFixture {
  readonly service: Service
  readonly neighbours: Neighbours
  readonly crowd: LocalCrowd | undefined
  readonly #clock: TestClock

  private constructor(
    service: Service,
    neighbours: Neighbours,
    crowd: LocalCrowd | undefined,
    clock: TestClock,
  ) {
    this.service = service
    this.neighbours = neighbours
    this.crowd = crowd
    this.#clock = clock
  }

  static async open(options: FixtureOptions = {}): Promise<ServiceFixture> {
    const {
      databaseUrl,
      behaviour,
      taxTimeoutMs = patientMs,
      mode = 'green',
      protection,
      payments,
      observability,
      hasCrowd = false,
    } = options
    const neighbours = new Neighbours({ behaviour: { latencyMs: 0, ...behaviour } })
    await neighbours.listen()
    const crowd = hasCrowd ? new LocalCrowd(neighbours.taxAuthority) : undefined
    const clock = new TestClock()
    const config = {
      logLevel: 'silent',
      mode,
      threads: 4,
      databaseUrl,
      databaseDir: undefined,
      databaseConnections: 4,
      taxUrl: neighbours.urls.taxUrl,
      payments: { ...patientPayments, ...payments, ...neighbours.urls },
      taxTimeoutMs,
      taxConnections: 256,
      taxRetryAfterMs: 5000,
      statusFreshMs,
      demoApiKey: apiKey,
      adminPassword: undefined,
      isDemonstration: true,
      protection: { ...calmProtection, ...protection },
      observability: { ...readConfig({}).observability, ...observability },
      crowd,
    }
    try {
      const service = await toAsync(() => Service.open(config, () => clock.now))()
      return new ServiceFixture(service, neighbours, crowd, clock)
    } catch (error) {
      await neighbours.close()
      throw error
    }
  }

  async close(): Promise<void> {
    this.crowd?.close()
    await toAsync(() => this.service.close())()
    await this.neighbours.close()
  }

  /** The one whose latency and faults the status check sees. */
  get simulator(): TaxAuthoritySimulator {
    return this.neighbours.taxAuthority
  }

  status(inn: string): Promise<Answer<StatusBody>> {
    return this.get(`/contractors/${inn}/status`)
  }

  problem(inn: string): Promise<Answer<ErrorBody>> {
    return this.get(`/contractors/${inn}/status`)
  }

  rows(sql: string, ...parameters: string[]): Promise<object[]> {
    return toAsync(() => this.service.database.query(sql, parameters))()
  }

  /** A new key, with every scope, of another client service. */
  keyOf(client: string): Promise<string> {
    const keys = new ApiKeys(this.service.database, () => this.#clock.now)
    return toAsync(() => keys.create(client, apiScopes).key)()
  }

  advance(ms: number): void {
    this.#clock.now = new Date(this.#clock.now.getTime() + ms)
  }

  get<Body>(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer<Body>> {
    return this.#ask({ method: 'GET', url, headers })
  }

  post<Body>(
    url: string,
    payload: object | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<Body>> {
    return this.#ask({ method: 'POST', url, headers, ...(payload && { payload }) })
  }

  async #ask<Body>({ headers, ...question }: InjectOptions): Promise<Answer<Body>> {
    const response = await this.service.server.inject({
      ...question,
      headers: { ...authorization, ...headers },
    })
    return {
      statusCode: response.statusCode,
      headers: response.headers,
      body: response.json<Body>(),
    }
  }
}

class TestClock {
  now: Date = new Date('2030-01-01T00:00:00Z')
}

const contractors = demoContractors(250)
let nextContractor = 0

/** A contractor whom no test has asked about yet. */
export function untouchedInn(): string {
  const contractor = contractors[nextContractor++]
  if (contractor === undefined) throw new Error('There are no contractors left: seed more of them.')
  return contractor.inn
}
