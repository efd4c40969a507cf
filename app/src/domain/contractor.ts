import { Problem } from './errors.ts'
import type { Inn } from './inn.ts'

export interface Contractor {
  readonly inn: Inn
  readonly name: string
}

export function unknownContractor(inn: Inn): Problem {
  return new Problem('not-found', 'CONTRACTOR_UNKNOWN', `No contractor has the INN ${inn}.`, {
    inn,
  })
}
