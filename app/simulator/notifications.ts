import { randomUUID } from 'node:crypto'
import { Ledger, type LedgerLine } from './ledger.ts'
import { Neighbour } from './neighbour.ts'
import { done, type Handler, type Question, type Reply, refused, textFields } from './question.ts'

interface Notification {
  readonly notificationId: string
  readonly phone: string
  readonly text: string
}

export interface NotificationLedger {
  readonly notifications: readonly LedgerLine<Notification>[]
}

/** Sends short messages to telephones. */
export class NotificationsSimulator extends Neighbour {
  readonly #notifications = new Ledger<Notification>()

  protected readonly handlers: Readonly<Record<string, Handler>> = {
    'POST /notifications': (question) => this.#send(question),
  }

  ledger(): NotificationLedger {
    return { notifications: this.#notifications.lines }
  }

  #send({ body, idempotencyKey }: Question): Reply {
    const fields = textFields(body, ['phone', 'text'])
    if (fields === undefined || idempotencyKey === undefined) {
      return refused(400, 'validation.failed', 'fields or Idempotency-Key are missing')
    }
    const { notificationId } = this.#notifications.once(idempotencyKey, fields, () => ({
      notificationId: randomUUID(),
      ...fields,
    }))
    return done({ notificationId })
  }
}
