import { toAsync } from 'greenthreads'
import type { Behaviour } from '../../simulator/behaviour.ts'
import { Simulator } from '../../simulator/simulator.ts'
import type { ErrorBody } from '../../src/http/error-reply.ts'
import type { StatusBody } from '../../src/http/status-controller.ts'
import { Service } from '../../src/service.ts'
import { demoContractors } from '../../src/storage/seed.ts'

export interface Answer<Body> {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Body
}

export interface FixtureOptions {
  readonly databaseUrl?: string | undefined
  readonly behaviour?: Partial<Behaviour>
  readonly taxTimeoutMs?: number
}

export const statusFreshMs = 60_000
const patientTimeoutMs = 60_000

/** A service on a database of its own, its own tax authority, and a clock that moves when it is told to. */
export class ServiceFixture {
  readonly service: Service
  readonly simulator: Simulator
  readonly #clock: TestClock

  private constructor(service: Service, simulator: Simulator, clock: TestClock) {
    this.service = service
    this.simulator = simulator
    this.#clock = clock
  }

  static async open(options: FixtureOptions = {}): Promise<ServiceFixture> {
    const { databaseUrl, behaviour, taxTimeoutMs = patientTimeoutMs } = options
    const simulator = new Simulator({ latencyMs: 0, ...behaviour })
    await simulator.listen()
    const clock = new TestClock()
    const config = {
      logLevel: 'silent',
      databaseUrl,
      databaseDir: undefined,
      databaseConnections: 4,
      taxUrl: simulator.url,
      taxTimeoutMs,
      taxConnections: 256,
      taxRetryAfterMs: 5000,
      statusFreshMs,
    }
    const service = await toAsync(() => Service.open(config, () => clock.now))()
    return new ServiceFixture(service, simulator, clock)
  }

  async close(): Promise<void> {
    await toAsync(() => this.service.close())()
    await this.simulator.close()
  }

  status(inn: string): Promise<Answer<StatusBody>> {
    return this.#get(`/contractors/${inn}/status`)
  }

  problem(inn: string): Promise<Answer<ErrorBody>> {
    return this.#get(`/contractors/${inn}/status`)
  }

  rows(sql: string, ...parameters: string[]): Promise<object[]> {
    return toAsync(() => this.service.database.query(sql, parameters))()
  }

  advance(ms: number): void {
    this.#clock.now = new Date(this.#clock.now.getTime() + ms)
  }

  async #get<Body>(url: string): Promise<Answer<Body>> {
    const response = await this.service.server.inject(url)
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
