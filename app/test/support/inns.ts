import assert from 'node:assert/strict'
import { innCheckDigits } from '../../src/domain/inn.ts'
import type { ServiceFixture } from './service-fixture.ts'

let next = 0

/** The INN of somebody who is not registered, and whom the simulated tax authority calls self-employed. */
export function strangersInn(): string {
  // The tenth digit decides: never 0 or 5.
  const firstTen = `5001${String(next++).padStart(5, '0')}3`
  return firstTen + innCheckDigits(firstTen)
}

/** The INN of a contractor who is registered, with an account that nobody else has. */
export async function registeredInn(
  fixture: ServiceFixture,
  options: { isSelfEmployed?: boolean; account?: string } = {},
): Promise<string> {
  const { isSelfEmployed = true } = options
  const number = next++
  const firstTen = `5002${String(number).padStart(5, '0')}${isSelfEmployed ? 3 : 5}`
  const inn = firstTen + innCheckDigits(firstTen)
  const account = options.account ?? `4081781055555${String(number * 100).padStart(7, '0')}`
  const contractor = { inn, name: `Contractor ${number}`, phone: '+79161234567', account }
  const { statusCode } = await fixture.post('/contractors', contractor)
  assert.equal(statusCode, 201)
  return inn
}
