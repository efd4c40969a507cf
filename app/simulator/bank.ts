import { randomUUID } from 'node:crypto'
import { Ledger, type LedgerLine } from './ledger.ts'
import { Neighbour } from './neighbour.ts'
import { done, type Handler, type Question, type Reply, refused, textFields } from './question.ts'

interface Transfer {
  readonly transferId: string
  readonly account: string
  readonly amount: string
  readonly purpose: string
  readonly isRefused: boolean
}

export interface BankLedger {
  readonly transfers: readonly LedgerLine<Transfer>[]
}

/** Moves money to accounts, except to those that are closed. */
export class BankSimulator extends Neighbour {
  readonly #transfers = new Ledger<Transfer>()

  protected readonly handlers: Readonly<Record<string, Handler>> = {
    'POST /transfers': (question) => this.#transfer(question),
  }

  ledger(): BankLedger {
    return { transfers: this.#transfers.lines }
  }

  #transfer({ body, idempotencyKey }: Question): Reply {
    const fields = textFields(body, ['account', 'amount', 'purpose'])
    if (fields === undefined || idempotencyKey === undefined) {
      return refused(400, 'validation.failed', 'fields or Idempotency-Key are missing')
    }
    const transfer = this.#transfers.once(idempotencyKey, fields, () => ({
      transferId: randomUUID(),
      ...fields,
      isRefused: isClosedAccount(fields.account),
    }))
    if (transfer.isRefused) return refused(422, 'account.closed', 'The account is closed.')
    return done({ transferId: transfer.transferId })
  }
}

/** One account of a hundred is closed: those that end with 99. */
export function isClosedAccount(account: string): boolean {
  return account.endsWith('99')
}
