import type { Contractor } from '../domain/contractor.ts'
import { type Inn, innCheckDigits } from '../domain/inn.ts'
import type { Database } from './database.ts'

const firstNames = [
  'Anna',
  'Boris',
  'Daria',
  'Egor',
  'Irina',
  'Kirill',
  'Maria',
  'Nikita',
  'Olga',
  'Pavel',
]
const trades = [
  'courier',
  'designer',
  'driver',
  'florist',
  'gardener',
  'interpreter',
  'tutor',
  'welder',
]

/** Contractors to try the service with: the same ones, with the same INNs, on every start. */
export function demoContractors(count: number): Contractor[] {
  return Array.from({ length: count }, (_, index) => ({
    inn: demoInn(index),
    name: demoName(index),
  }))
}

/** Stores contractors that are not there yet. Returns how many were new. */
export function seedContractors(database: Database, contractors: readonly Contractor[]): number {
  return database.transaction((queries) => {
    let added = 0
    for (const { inn, name } of contractors) {
      const rows = queries.query(
        'INSERT INTO contractors (inn, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING inn',
        [inn, name],
      )
      added += rows.length
    }
    return added
  })
}

function demoInn(index: number): Inn {
  // 77 is Moscow, 01 its first tax office; the serial number's digits are spread by a prime.
  const serial = String(100_003 + index * 3_571).slice(-6)
  const firstTen = `7701${serial}`
  return `${firstTen}${innCheckDigits(firstTen)}` as Inn
}

function demoName(index: number): string {
  const firstName = firstNames[index % firstNames.length]
  const trade = trades[Math.floor(index / firstNames.length) % trades.length]
  const round = Math.floor(index / (firstNames.length * trades.length))
  return round === 0 ? `${firstName} the ${trade}` : `${firstName} the ${trade} ${round + 1}`
}
