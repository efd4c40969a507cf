import assert from 'node:assert/strict'
import type { Neighbours } from '../../simulator/neighbours.ts'
import type { Accepted } from './payers.ts'

/** A payment as the database has it in the end. */
export interface StoredPayment {
  readonly id: string
  readonly inn: string
  readonly purpose: string
  /** In kopecks. */
  readonly amount: string
  readonly state: string
  readonly transfer_id: string | null
  readonly receipt_id: string | null
}

export interface Books {
  readonly accepted: readonly Accepted[]
  readonly payments: readonly StoredPayment[]
  /** What is reserved of the yearly limits, in kopecks. */
  readonly incomes: readonly { readonly inn: string; readonly amount: string }[]
  readonly neighbours: Neighbours
}

export interface Audit {
  readonly name: string
  readonly check: (books: Books) => void
}

/** What must be true of the books after however many crashes. */
export const audits: readonly Audit[] = [
  {
    name: 'every payment that was accepted is there, once, and at its end',
    check({ accepted, payments }) {
      const byId = new Map(payments.map((payment) => [payment.id, payment]))
      for (const { id, purpose, wantsAnnulment } of accepted) {
        const payment = byId.get(id)
        assert.ok(payment, `${id} is lost`)
        assert.equal(payment.purpose, purpose)
        const ends = wantsAnnulment ? ['annulled'] : ['completed', 'refused']
        assert.ok(ends.includes(payment.state), `${id} is ${payment.state}`)
      }
      for (const { id, state } of payments) {
        assert.ok(['completed', 'refused', 'annulled'].includes(state), `${id} is still ${state}`)
      }
      assertOnce(payments.map(({ purpose }) => purpose))
      assert.equal(accepted.length, payments.length, 'each request made one payment')
    },
  },
  {
    name: 'the bank has paid each exactly once, and none that was refused',
    check({ payments, neighbours }) {
      const transfers = neighbours.bank.ledger().transfers.filter((line) => !line.isRefused)
      assertOnce(transfers.map(({ purpose }) => purpose))
      assertSame(
        transfers.map(({ transferId }) => transferId),
        payments.filter(isPaid).map(({ transfer_id }) => transfer_id),
      )
    },
  },
  {
    name: 'the tax authority has each receipt exactly once, and annulled exactly those that should be',
    check({ payments, neighbours }) {
      const { receipts, annulments } = neighbours.taxAuthority.ledger()
      assertOnce(receipts.map(({ purpose }) => purpose))
      assertSame(
        receipts.map(({ receiptId }) => receiptId),
        payments.filter(isPaid).map(({ receipt_id }) => receipt_id),
      )
      assertSame(
        annulments.map(({ receiptId }) => receiptId),
        payments.filter(({ state }) => state === 'annulled').map(({ receipt_id }) => receipt_id),
      )
    },
  },
  {
    name: 'each contractor was told of each payment exactly once',
    check({ payments, neighbours }) {
      const { notifications } = neighbours.notifications.ledger()
      assertSame(
        notifications.map(({ text }) => text.replace(/^.*rubles: /, '')),
        payments.filter(isPaid).map(({ purpose }) => purpose),
      )
    },
  },
  {
    name: 'the yearly limits hold what was paid and not annulled, and no more than they allow',
    check({ payments, incomes }) {
      const sums = new Map<string, bigint>()
      for (const { inn, amount, state } of payments) {
        if (state === 'completed') sums.set(inn, (sums.get(inn) ?? 0n) + BigInt(amount))
      }
      for (const { inn, amount } of incomes) {
        assert.equal(BigInt(amount), sums.get(inn) ?? 0n, `income of ${inn}`)
        assert.ok(BigInt(amount) <= 240_000_000n)
        sums.delete(inn)
      }
      assert.equal(sums.size, 0, 'an income is not noted')
    },
  },
]

function isPaid({ state }: StoredPayment): boolean {
  return state !== 'refused'
}

function assertOnce(values: readonly string[]): void {
  const seen = new Set<string>()
  for (const value of values) {
    assert.ok(!seen.has(value), `twice: ${value}`)
    seen.add(value)
  }
}

function assertSame(found: readonly string[], wanted: readonly (string | null)[]): void {
  assert.deepEqual([...found].sort(), [...wanted].sort())
}
