import { randomUUID } from 'node:crypto'
import { Ledger, type LedgerLine } from './ledger.ts'
import { Neighbour } from './neighbour.ts'
import { done, type Handler, type Question, type Reply, refused, textFields } from './question.ts'

export const questionPath = '/api/v1/tracker/taxpayer_status'

interface Receipt {
  readonly receiptId: string
  readonly inn: string
  readonly amount: string
  readonly purpose: string
  readonly operationTime: string
}

interface Annulment {
  readonly receiptId: string
  readonly reason: string
}

export interface TaxLedger {
  readonly receipts: readonly LedgerLine<Receipt>[]
  readonly annulments: readonly LedgerLine<Annulment>[]
}

/** Who is self-employed, and the receipts of their incomes. */
export class TaxAuthoritySimulator extends Neighbour {
  readonly #receipts = new Ledger<Receipt>()
  readonly #annulments = new Ledger<Annulment>()
  readonly #receiptIds = new Set<string>()

  protected readonly handlers: Readonly<Record<string, Handler>> = {
    [`POST ${questionPath}`]: tellStatus,
    'POST /api/v1/receipts': (question) => this.#register(question),
    'POST /api/v1/receipts/annulments': (question) => this.#annul(question),
  }

  ledger(): TaxLedger {
    return { receipts: this.#receipts.lines, annulments: this.#annulments.lines }
  }

  #register({ body, idempotencyKey }: Question): Reply {
    const fields = textFields(body, ['inn', 'amount', 'purpose', 'operationTime'])
    if (fields === undefined || idempotencyKey === undefined) return notUnderstood
    const receipt = this.#receipts.once(idempotencyKey, fields, () => {
      const receiptId = randomUUID()
      this.#receiptIds.add(receiptId)
      return { receiptId, ...fields }
    })
    return done({ receiptId: receipt.receiptId })
  }

  #annul({ body, idempotencyKey }: Question): Reply {
    const fields = textFields(body, ['receiptId', 'reason'])
    if (fields === undefined || idempotencyKey === undefined) return notUnderstood
    if (!this.#receiptIds.has(fields.receiptId)) {
      return refused(422, 'receipt.unknown', `There is no receipt ${fields.receiptId}.`)
    }
    return done(this.#annulments.once(idempotencyKey, fields, () => fields))
  }
}

/** Four of five taxpayers are self-employed: those whose tenth digit is neither 0 nor 5. */
export function isSelfEmployed(inn: string): boolean {
  return Number(inn[9]) % 5 !== 0
}

const notUnderstood = refused(400, 'validation.failed', 'fields or Idempotency-Key are missing')

function tellStatus({ body }: Question): Reply {
  const inn = textFields(body, ['inn'])?.inn
  if (inn === undefined || !/^\d{12}$/.test(inn)) {
    return refused(422, 'validation.failed', 'inn must be 12 digits')
  }
  const status = isSelfEmployed(inn)
  const word = status ? 'pays' : 'does not pay'
  return done({ status, message: `${inn} ${word} the tax of self-employed people` })
}
