import { parseInn } from '../domain/inn.ts'
import type { ContractorStatus, ContractorStatusAnswer } from '../status/contractor-status.ts'

export interface StatusBody {
  readonly inn: string
  readonly name: string
  readonly taxStatus: string
  readonly checkedAt: string
  readonly freshUntil: string
  readonly source: string
}

/** Between the words of HTTP and those of the use case. */
export class StatusController {
  readonly #contractorStatus: ContractorStatus

  constructor(contractorStatus: ContractorStatus) {
    this.#contractorStatus = contractorStatus
  }

  show(inn: string): StatusBody {
    return presentStatus(this.#contractorStatus.of(parseInn(inn)))
  }
}

export function presentStatus({
  contractor,
  status,
  source,
  freshUntil,
}: ContractorStatusAnswer): StatusBody {
  return {
    inn: contractor.inn,
    name: contractor.name,
    taxStatus: status.standing,
    checkedAt: status.checkedAt.toISOString(),
    freshUntil: freshUntil.toISOString(),
    source,
  }
}
