import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Problem } from '../../src/domain/errors.ts'
import { innCheckDigits, parseInn } from '../../src/domain/inn.ts'
import { demoContractors } from '../../src/storage/seed.ts'

const digits = (length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((list) => list.join(''))

describe('an INN', () => {
  test('that has been issued is accepted', () => {
    assert.equal(parseInn('500100732259'), '500100732259')
  })

  test('with the check digits that its first ten digits ask for is accepted', () => {
    fc.assert(
      fc.property(digits(10), (firstTen) => {
        const inn = firstTen + innCheckDigits(firstTen)
        assert.equal(parseInn(inn), inn)
      }),
    )
  })

  test('with any other check digits is refused, and the right ones are not told', () => {
    fc.assert(
      fc.property(digits(10), digits(2), (firstTen, checkDigits) => {
        const right = innCheckDigits(firstTen)
        fc.pre(checkDigits !== right)
        const problem = refusal(firstTen + checkDigits)
        assert.equal(problem.code, 'INN_CHECKSUM')
        assert.ok(!JSON.stringify([problem.message, problem.details]).includes(right))
      }),
    )
  })

  test('whose neighbouring digits are swapped is refused nearly always', () => {
    const inns = demoContractors(250).map((contractor) => contractor.inn)
    const swapped = inns.flatMap((inn) => swaps(inn))
    const refused = swapped.filter((inn) => isRefused(inn))
    assert.ok(refused.length / swapped.length > 0.95, `${refused.length} of ${swapped.length}`)
  })

  test('of another length is refused with both lengths', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 0, max: 40 })
          .filter((length) => length !== 12)
          .chain(digits),
        (text) => {
          const problem = refusal(text)
          assert.equal(problem.code, 'INN_LENGTH')
          assert.deepEqual(problem.details, { expected: 12, actual: text.length })
        },
      ),
    )
  })

  test('of ten digits is said to be that of a company', () => {
    assert.match(refusal('7707083893').message, /company/)
  })

  test('with anything but digits is refused with the place of the first other character', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 12 }).chain((length) => digits(length)),
        fc
          .string({ unit: 'binary', minLength: 1, maxLength: 1 })
          .filter((text) => !/[0-9]/.test(text)),
        fc.string(),
        (before, other, after) => {
          const problem = refusal(before + other + after)
          assert.equal(problem.code, 'INN_DIGITS')
          assert.deepEqual(problem.details, { position: before.length + 1 })
        },
      ),
    )
  })
})

describe('the demo contractors', () => {
  test('have valid INNs, each its own', () => {
    const inns = demoContractors(250).map((contractor) => parseInn(contractor.inn))
    assert.equal(new Set(inns).size, 250)
  })

  test('have names of their own', () => {
    assert.equal(new Set(demoContractors(250).map((contractor) => contractor.name)).size, 250)
  })
})

function refusal(text: string): Problem {
  try {
    parseInn(text)
  } catch (error) {
    assert.ok(error instanceof Problem)
    assert.equal(error.kind, 'invalid')
    return error
  }
  return assert.fail(`${text} was accepted`)
}

function isRefused(text: string): boolean {
  try {
    parseInn(text)
    return false
  } catch {
    return true
  }
}

function swaps(inn: string): string[] {
  const result: string[] = []
  for (let index = 0; index < inn.length - 1; index++) {
    const [left, right] = [inn.charAt(index), inn.charAt(index + 1)]
    if (left !== right) result.push(inn.slice(0, index) + right + left + inn.slice(index + 2))
  }
  return result
}
