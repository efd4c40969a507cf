import { Problem } from './errors.ts'

/** One line of a register, as it was given: nothing about it is sure yet. */
export interface GivenRow {
  /** In the file, the first being 1; in JSON the place in the list. */
  readonly line: number
  readonly fields: Readonly<Record<string, unknown>>
}

/** Why a line can't be paid. */
export interface RowError {
  readonly line: number
  readonly code: string
  readonly message: string
}

export interface RegistryProgress {
  /** Payments under way, or waiting for their turn. */
  readonly open: number
  readonly completed: number
  readonly refused: number
  readonly annulled: number
}

export interface Registry {
  readonly id: string
  readonly number: number
  readonly client: string
  readonly title: string
  /** A refused one had lines with errors: nothing of it is paid. */
  readonly state: 'accepted' | 'refused'
  readonly rows: number
  readonly errors: number
  readonly progress: RegistryProgress
  readonly createdAt: Date
}

export const rowFields = ['inn', 'amount', 'purpose'] as const

export const mostRegistryRows = 50_000
export const mostRegistryBytes = 32 * 1024 * 1024

export function unknownRegistry(id: string): Problem {
  return new Problem('not-found', 'REGISTRY_UNKNOWN', `There is no register ${id}.`, { id })
}

export function registryTooLong(): Problem {
  return new Problem(
    'too-large',
    'REGISTRY_TOO_LARGE',
    `A register has at most ${mostRegistryRows} payments and ${mostRegistryBytes} bytes. Split it.`,
    { mostRows: mostRegistryRows, mostBytes: mostRegistryBytes },
  )
}
