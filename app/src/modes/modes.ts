import { StatusController } from '../http/status-controller.ts'
import type { Clock } from '../status/status-cache.ts'
import type { Database } from '../storage/database.ts'
import type { TaxAuthority } from '../tax-authority/tax-authority.ts'
import { AsyncHandlers } from './async-handlers.ts'
import { AsyncContractorStatus } from './async-status.ts'
import { BusinessThreads } from './business-threads.ts'
import { contractorStatus } from './contractor-status-parts.ts'
import { GreenHandlers } from './green-handlers.ts'
import type { Mode, StatusHandlers } from './status-handlers.ts'
import { ThreadHandlers } from './thread-handlers.ts'

export interface ModeParts {
  readonly mode: Mode
  readonly threads: number
  readonly database: Database
  readonly taxAuthority: TaxAuthority
  readonly statusFreshMs: number
  readonly now: Clock
}

/** The status check in one of the three ways to run it. */
export function openStatusHandlers(parts: ModeParts): StatusHandlers {
  const { mode, database, taxAuthority, statusFreshMs, now } = parts
  switch (mode) {
    case 'green': {
      const status = contractorStatus({ queries: database, taxAuthority, statusFreshMs, now })
      return new GreenHandlers(new StatusController(status), database)
    }
    case 'threads':
      return new ThreadHandlers(BusinessThreads.start(parts))
    case 'async':
      return new AsyncHandlers(
        new AsyncContractorStatus({ database, taxAuthority, statusFreshMs, now }),
        database,
      )
  }
}
