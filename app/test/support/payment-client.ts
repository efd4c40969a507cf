import { randomUUID } from 'node:crypto'
import type { Static } from '@sinclair/typebox'
import type { BankLedger } from '../../simulator/bank.ts'
import type { NotificationLedger } from '../../simulator/notifications.ts'
import type { TaxLedger } from '../../simulator/tax-authority.ts'
import type { ErrorBody } from '../../src/http/error-reply.ts'
import type { paymentBody, paymentList } from '../../src/http/payment-schemas.ts'
import type { Answer, ServiceFixture } from './service-fixture.ts'

export type PaymentAnswer = Static<typeof paymentBody>

type Transfer = BankLedger['transfers'][number]
type Receipt = TaxLedger['receipts'][number]
type Notification = NotificationLedger['notifications'][number]

interface Lines {
  readonly transfer: Transfer | undefined
  readonly receipt: Receipt | undefined
  readonly notification: Notification | undefined
}

type Wanted = Readonly<Record<string, unknown>>

/** Pays through the service, and looks into the neighbours' books. */
export class PaymentClient {
  readonly #fixture: ServiceFixture

  constructor(fixture: ServiceFixture) {
    this.#fixture = fixture
  }

  pay(wanted: Wanted, key: string = randomUUID()): Promise<Answer<PaymentAnswer>> {
    return this.#post(wanted, key)
  }

  /** The same, for a request that is expected to be refused. */
  refused(wanted: Wanted, key: string = randomUUID()): Promise<Answer<ErrorBody>> {
    return this.#post(wanted, key)
  }

  get(id: string): Promise<Answer<PaymentAnswer>> {
    return this.#fixture.get(`/payments/${id}`)
  }

  list(query: string): Promise<Answer<Static<typeof paymentList>>> {
    return this.#fixture.get(`/payments?${query}`)
  }

  annul<Body = PaymentAnswer>(id: string): Promise<Answer<Body>> {
    return this.#fixture.post(`/payments/${id}/annulment`, { reason: 'refund' })
  }

  async eventsOf(id: string): Promise<string[]> {
    const { body } = await this.#fixture.get<{ events: { event: string }[] }>(
      `/payments/${id}/events`,
    )
    return body.events.map(({ event }) => event)
  }

  async incomeOf(inn: string): Promise<number> {
    const rows = await this.#fixture.rows(
      'SELECT amount FROM contractor_incomes WHERE inn = $1',
      inn,
    )
    return Number((rows[0] as { amount?: unknown } | undefined)?.amount ?? 0)
  }

  /** What the neighbours have noted under the payment's keys. */
  ledgersOf(id: string): Lines {
    const { taxAuthority, bank, notifications } = this.#fixture.neighbours
    return {
      transfer: bank.ledger().transfers.find(({ key }) => key === `${id}:transfer`),
      receipt: taxAuthority.ledger().receipts.find(({ key }) => key === `${id}:receipt`),
      notification: notifications
        .ledger()
        .notifications.find(({ key }) => key === `${id}:notification`),
    }
  }

  transfersWith(purpose: string): Transfer[] {
    const { transfers } = this.#fixture.neighbours.bank.ledger()
    return transfers.filter((transfer) => transfer.purpose === purpose)
  }

  /** The receipts of a contractor. */
  receiptsOf(inn: string): Receipt[] {
    const { receipts } = this.#fixture.neighbours.taxAuthority.ledger()
    return receipts.filter((receipt) => receipt.inn === inn)
  }

  #post<Body>(wanted: Wanted, key: string): Promise<Answer<Body>> {
    const payment = { amount: '1.00', purpose: 'a lesson', ...wanted }
    return this.#fixture.post('/payments', payment, { 'idempotency-key': key })
  }
}
