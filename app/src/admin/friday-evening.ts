import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Access } from '../access/open-access.ts'
import { Problem } from '../domain/errors.ts'
import type { Crowd } from '../observability/crowd.ts'
import type { Queries } from '../storage/database.ts'
import { demoContractors } from '../storage/seed.ts'

export interface EveningParts {
  readonly server: FastifyInstance
  readonly database: Queries
  readonly crowd: Crowd | undefined
  readonly access: Pick<Access, 'demoKeys'>
}

const requestsPerSecond = 600
const mostContractors = 200
const frontPath = `/contractors/${demoContractors(1)[0]?.inn}`

/**
 * The demonstration: a front user asks for a cheap page as long as somebody watches, and on Friday evening a
 * neighbour floods the status check while the tax authority does not answer in time.
 */
export class FridayEvening {
  readonly #parts: EveningParts
  #isFlooding = false
  #isWatched = false

  constructor(parts: EveningParts) {
    this.#parts = parts
  }

  get isPossible(): boolean {
    return this.#parts.crowd !== undefined
  }

  /** Throws a `Problem` of kind `conflict` where there are no simulators. */
  checkPossible(): void {
    if (this.isPossible) return
    throw new Problem(
      'conflict',
      'NO_SIMULATORS',
      'The flood and the switches are for demonstrations: this service was not started with its simulators.',
    )
  }

  /** Suspends: the contractors to ask about are looked up. */
  flood(isFlooding: boolean): void {
    const paths = isFlooding ? this.#statusPaths() : []
    this.#isFlooding = isFlooding
    this.#order(paths)
  }

  watch(isWatched: boolean): void {
    this.#isWatched = isWatched
    if (!this.#isFlooding) this.#order([])
  }

  end(): void {
    this.#isFlooding = false
    this.#isWatched = false
    this.#order([])
  }

  #order(floodPaths: readonly string[]): void {
    const { server, crowd } = this.#parts
    const address = server.server.address() as AddressInfo | null
    if (crowd === undefined || address === null) return
    const host = address.family === 'IPv6' ? '[::1]' : '127.0.0.1'
    const front = { key: this.#keyOf('front-user'), path: frontPath }
    const key = this.#keyOf('noisy-neighbour')
    crowd.order({
      url: `http://${host}:${address.port}`,
      front: this.#isWatched || this.#isFlooding ? front : null,
      flood: this.#isFlooding ? { key, paths: floodPaths, perSecond: requestsPerSecond } : null,
    })
  }

  /** Of those whose status nobody has asked for, or not for the longest time: the tax authority has to be asked. */
  #statusPaths(): string[] {
    const rows = this.#parts.database.query<{ inn: string }>(
      `SELECT inn FROM contractors LEFT JOIN tax_statuses USING (inn)
       ORDER BY checked_at NULLS FIRST, inn LIMIT $1`,
      [mostContractors],
    )
    return rows.map(({ inn }) => `/contractors/${inn}/status`)
  }

  #keyOf(client: string): string {
    return this.#parts.access.demoKeys.find((demo) => demo.client === client)?.key ?? ''
  }
}
