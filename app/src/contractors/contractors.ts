import { parseAccount } from '../domain/account.ts'
import { parseInn } from '../domain/inn.ts'
import { parseLineOfText } from '../domain/line-of-text.ts'
import { parsePhone } from '../domain/phone.ts'
import type { Clock } from '../status/status-cache.ts'
import type {
  ContractorRecord,
  ContractorRepository,
  StatusRecord,
} from '../storage/contractor-repository.ts'

export interface GivenContractor {
  readonly inn: string
  readonly name: string
  readonly phone: string
  readonly account: string
}

export const mostNameLength = 200

/** The people whom the company pays. */
export class Contractors {
  readonly #repository: ContractorRepository
  readonly #now: Clock

  constructor(repository: ContractorRepository, now: Clock) {
    this.#repository = repository
    this.#now = now
  }

  register(given: GivenContractor): { contractor: ContractorRecord; isNew: boolean } {
    const contractor = {
      inn: parseInn(given.inn),
      name: parseLineOfText('name', given.name, mostNameLength),
      phone: parsePhone(given.phone),
      account: parseAccount(given.account),
    }
    const { isNew } = this.#repository.register(contractor, this.#now())
    return { contractor: this.#repository.get(contractor.inn), isNew }
  }

  get(inn: string): ContractorRecord {
    return this.#repository.get(parseInn(inn))
  }

  statuses(inn: string, limit: number, before?: number): StatusRecord[] {
    const { inn: known } = this.get(inn)
    return this.#repository.statuses(known, limit, before)
  }
}
