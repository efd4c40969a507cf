import type { Account } from '../domain/account.ts'
import type { RegisteredContractor } from '../domain/contractor.ts'
import { type Inn, innCheckDigits } from '../domain/inn.ts'
import type { Phone } from '../domain/phone.ts'
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
export function demoContractors(count: number): RegisteredContractor[] {
  return Array.from({ length: count }, (_, index) => ({
    inn: demoInn(index),
    name: demoName(index),
    phone: `+7900${String(index).padStart(7, '0')}` as Phone,
    // 40817: of a person; 810: in rubles. One in a hundred ends with 99, and is closed at the simulated bank.
    account: `4081781000000${String(index).padStart(7, '0')}` as Account,
  }))
}

/** Stores contractors that are not there yet, or of whom only the name is known. Returns how many. */
export function seedContractors(
  database: Database,
  contractors: readonly RegisteredContractor[],
): number {
  // One statement for all: a service that starts has better things to do.
  const rows = database.query(
    `INSERT INTO contractors AS known (inn, name, phone, account, registered_at)
       SELECT inn, name, phone, account, now()
       FROM json_to_recordset($1::json) AS given (inn text, name text, phone text, account text)
     ON CONFLICT (inn) DO UPDATE
       SET phone = excluded.phone, account = excluded.account, registered_at = excluded.registered_at
       WHERE known.registered_at IS NULL
     RETURNING inn`,
    [JSON.stringify(contractors)],
  )
  return rows.length
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
