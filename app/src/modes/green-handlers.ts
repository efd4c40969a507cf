import type { StatusBody, StatusController } from '../http/status-controller.ts'
import type { Queries } from '../storage/database.ts'
import type { Health, StatusHandlers } from './status-handlers.ts'

/** Plain functions that wait: each call suspends the green thread of its request. */
export class GreenHandlers implements StatusHandlers {
  readonly mode = 'green'
  readonly #controller: StatusController
  readonly #queries: Queries

  constructor(controller: StatusController, queries: Queries) {
    this.#controller = controller
    this.#queries = queries
  }

  showStatus(inn: string): StatusBody {
    return this.#controller.show(inn)
  }

  showHealth(): Health {
    this.#queries.query('SELECT 1')
    return { status: 'ok', mode: this.mode }
  }

  close(): void {}
}
