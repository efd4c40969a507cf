import { createHash, randomUUID } from 'node:crypto'
import { Problem } from '../domain/errors.ts'
import { parseLineOfText } from '../domain/line-of-text.ts'
import { allClients, type Owner, owns } from '../domain/owner.ts'
import { incomeYearOf } from '../domain/payment.ts'
import {
  type GivenRow,
  mostRegistryRows,
  type Registry,
  type RowError,
  registryTooLong,
  unknownRegistry,
} from '../domain/registry.ts'
import type { PaymentWorker } from '../payments/payment-worker.ts'
import type { Clock } from '../status/status-cache.ts'
import type { ContractorRepository } from '../storage/contractor-repository.ts'
import type { RegistryRepository } from '../storage/registry-repository.ts'
import { parseRow, payableRows, type RegistryRow, rowError } from './row-check.ts'

export interface GivenRegistry {
  readonly title: string
  readonly rows: Iterable<GivenRow>
  /** Whether lines with errors keep the whole register from being paid, or only themselves. */
  readonly invalidRows: 'refuse' | 'skip'
}

export interface RegistriesParts {
  readonly repository: RegistryRepository
  readonly contractors: ContractorRepository
  readonly worker: PaymentWorker
  readonly now: Clock
}

const mostTitleLength = 200

/** Registers: many payments in one request, carried out so many at a time. */
export class Registries {
  readonly #parts: RegistriesParts

  constructor(parts: RegistriesParts) {
    this.#parts = parts
  }

  /**
   * Checks every line, stores the register, and has its payments carried out. Unless lines with errors are to be
   * skipped, one of them is enough for nothing to be paid: a file that is mended and sent again pays nobody twice.
   */
  accept(
    client: string,
    key: string,
    given: GivenRegistry,
  ): { registry: Registry; isNew: boolean } {
    const { repository, contractors, worker, now } = this.#parts
    const title = parseLineOfText('title', given.title, mostTitleLength)
    const { parsed, errors, count, fingerprint } = readRows(given)
    const rows = payableRows(parsed, contractors, errors)
    const isRefused = rows.length === 0 || (errors.length > 0 && given.invalidRows === 'refuse')
    const at = now()
    const { id, isNew } = repository.create(
      { client, key, fingerprint },
      {
        id: randomUUID(),
        title,
        state: isRefused ? 'refused' : 'accepted',
        rowCount: count,
        rows,
        errors: errors.sort((one, other) => one.line - other.line),
        incomeYear: incomeYearOf(at),
        createdAt: at,
      },
    )
    worker.wake()
    return { registry: repository.get(id), isNew }
  }

  /** Throws a `Problem` of kind `not-found`, for a register of somebody else as well. */
  get(id: string, owner: Owner): Registry {
    const registry = this.#parts.repository.get(id)
    if (!owns(owner, registry)) throw unknownRegistry(id)
    return registry
  }

  list(owner: Owner, limit: number, before?: number): Registry[] {
    const client = owner === allClients ? undefined : owner
    return this.#parts.repository.list({ client, before }, limit)
  }

  errors(id: string, owner: Owner, limit: number, after?: number): RowError[] {
    return this.#parts.repository.errors(this.get(id, owner).id, limit, after)
  }
}

interface ReadRows {
  readonly parsed: RegistryRow[]
  readonly errors: RowError[]
  readonly count: number
  readonly fingerprint: string
}

function readRows({ rows, title, invalidRows }: GivenRegistry): ReadRows {
  const parsed: RegistryRow[] = []
  const errors: RowError[] = []
  const hash = createHash('sha256').update(JSON.stringify([title, invalidRows]))
  let count = 0
  for (const row of rows) {
    if (++count > mostRegistryRows) throw registryTooLong()
    hash.update(JSON.stringify(row))
    try {
      parsed.push(parseRow(row))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      errors.push(rowError(row.line, error))
    }
  }
  return { parsed, errors, count, fingerprint: hash.digest('hex') }
}
