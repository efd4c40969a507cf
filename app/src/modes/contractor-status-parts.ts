import { ContractorStatus } from '../status/contractor-status.ts'
import { type Clock, StatusCache } from '../status/status-cache.ts'
import { type Standings, StatusCheck } from '../status/status-check.ts'
import { StatusPolicy } from '../status/status-policy.ts'
import { ContractorRepository } from '../storage/contractor-repository.ts'
import type { Queries } from '../storage/database.ts'
import { TaxStatusRepository } from '../storage/tax-status-repository.ts'

export interface ContractorStatusParts {
  readonly queries: Queries
  readonly taxAuthority: Standings
  readonly statusFreshMs: number
  readonly now: Clock
}

/** The synchronous business code, on whatever waits: a green thread, or a worker thread that blocks. */
export function contractorStatus(parts: ContractorStatusParts): ContractorStatus {
  const { queries, taxAuthority, statusFreshMs, now } = parts
  const cache = new StatusCache(new TaxStatusRepository(queries), statusFreshMs, now)
  const policy = new StatusPolicy(cache, new StatusCheck(taxAuthority, now))
  return new ContractorStatus(new ContractorRepository(queries), policy)
}
