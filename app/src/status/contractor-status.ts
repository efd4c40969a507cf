import type { Contractor } from '../domain/contractor.ts'
import type { Inn } from '../domain/inn.ts'
import type { ContractorRepository } from '../storage/contractor-repository.ts'
import type { GivenStatus, StatusPolicy } from './status-policy.ts'

export interface ContractorStatusAnswer extends GivenStatus {
  readonly contractor: Contractor
}

/** The use case: may this contractor be paid as a self-employed person? */
export class ContractorStatus {
  readonly #contractors: ContractorRepository
  readonly #policy: StatusPolicy

  constructor(contractors: ContractorRepository, policy: StatusPolicy) {
    this.#contractors = contractors
    this.#policy = policy
  }

  of(inn: Inn): ContractorStatusAnswer {
    const contractor = this.#contractors.get(inn)
    return { contractor, ...this.#policy.statusFor(contractor) }
  }
}
