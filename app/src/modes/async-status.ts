import { type Contractor, unknownContractor } from '../domain/contractor.ts'
import type { Inn } from '../domain/inn.ts'
import type { TaxStatus } from '../domain/tax-status.ts'
import type { ContractorStatusAnswer } from '../status/contractor-status.ts'
import type { Clock } from '../status/status-cache.ts'
import type { GivenStatus, StatusSource } from '../status/status-policy.ts'
import { contractorByInn } from '../storage/contractor-repository.ts'
import type { Database } from '../storage/database.ts'
import {
  checkToStore,
  statusByInn,
  statusIn,
  type TaxStatusRow,
} from '../storage/tax-status-repository.ts'
import type { TaxAuthority } from '../tax-authority/tax-authority.ts'

// The classes of ../status and ../storage once more, with async/await from the use case down to the database
// and the tax authority: what a program has to become that can't suspend its stack.

export interface AsyncStatusParts {
  readonly database: Pick<Database, 'queryAsync'>
  readonly taxAuthority: Pick<TaxAuthority, 'standingOfAsync'>
  readonly statusFreshMs: number
  readonly now: Clock
}

export class AsyncContractorStatus {
  readonly #contractors: AsyncContractorRepository
  readonly #policy: AsyncStatusPolicy

  constructor(parts: AsyncStatusParts) {
    const { database, taxAuthority, statusFreshMs, now } = parts
    const cache = new AsyncStatusCache(new AsyncTaxStatusRepository(database), statusFreshMs, now)
    this.#contractors = new AsyncContractorRepository(database)
    this.#policy = new AsyncStatusPolicy(cache, new AsyncStatusCheck(taxAuthority, now))
  }

  async of(inn: Inn): Promise<ContractorStatusAnswer> {
    const contractor = await this.#contractors.get(inn)
    return { contractor, ...(await this.#policy.statusFor(contractor)) }
  }
}

class AsyncStatusPolicy {
  readonly #cache: AsyncStatusCache
  readonly #check: AsyncStatusCheck

  constructor(cache: AsyncStatusCache, check: AsyncStatusCheck) {
    this.#cache = cache
    this.#check = check
  }

  async statusFor(contractor: Contractor): Promise<GivenStatus> {
    const stored = await this.#cache.fresh(contractor.inn)
    if (stored !== undefined) return this.#given(stored, 'stored')
    return this.#given(await this.#cache.refill(contractor.inn, this.#check), 'tax-authority')
  }

  #given(status: TaxStatus, source: StatusSource): GivenStatus {
    return { status, source, freshUntil: this.#cache.freshUntil(status) }
  }
}

class AsyncStatusCache {
  readonly #statuses: AsyncTaxStatusRepository
  readonly #freshMs: number
  readonly #now: Clock

  constructor(statuses: AsyncTaxStatusRepository, freshMs: number, now: Clock) {
    this.#statuses = statuses
    this.#freshMs = freshMs
    this.#now = now
  }

  async fresh(inn: Inn): Promise<TaxStatus | undefined> {
    const stored = await this.#statuses.find(inn)
    return stored !== undefined && this.#now() < this.freshUntil(stored) ? stored : undefined
  }

  async refill(inn: Inn, check: AsyncStatusCheck): Promise<TaxStatus> {
    const status = await check.run(inn)
    await this.#statuses.store(inn, status)
    return status
  }

  freshUntil(status: TaxStatus): Date {
    return new Date(status.checkedAt.getTime() + this.#freshMs)
  }
}

class AsyncStatusCheck {
  readonly #taxAuthority: AsyncStatusParts['taxAuthority']
  readonly #now: Clock

  constructor(taxAuthority: AsyncStatusParts['taxAuthority'], now: Clock) {
    this.#taxAuthority = taxAuthority
    this.#now = now
  }

  async run(inn: Inn): Promise<TaxStatus> {
    const checkedAt = this.#now()
    return { standing: await this.#taxAuthority.standingOfAsync(inn, checkedAt), checkedAt }
  }
}

class AsyncContractorRepository {
  readonly #database: AsyncStatusParts['database']

  constructor(database: AsyncStatusParts['database']) {
    this.#database = database
  }

  async get(inn: Inn): Promise<Contractor> {
    const contractor = await this.find(inn)
    if (contractor === undefined) throw unknownContractor(inn)
    return contractor
  }

  async find(inn: Inn): Promise<Contractor | undefined> {
    const rows = await this.#database.queryAsync<Contractor>(contractorByInn, [inn])
    return rows[0]
  }
}

class AsyncTaxStatusRepository {
  readonly #database: AsyncStatusParts['database']

  constructor(database: AsyncStatusParts['database']) {
    this.#database = database
  }

  async find(inn: Inn): Promise<TaxStatus | undefined> {
    return statusIn(await this.#database.queryAsync<TaxStatusRow>(statusByInn, [inn]))
  }

  async store(inn: Inn, { standing, checkedAt }: TaxStatus): Promise<void> {
    await this.#database.queryAsync(checkToStore, [inn, standing, checkedAt])
  }
}
