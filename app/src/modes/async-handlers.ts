import { parseInn } from '../domain/inn.ts'
import { presentStatus, type StatusBody } from '../http/status-controller.ts'
import type { Database } from '../storage/database.ts'
import type { AsyncContractorStatus } from './async-status.ts'
import type { Health, StatusHandlers } from './status-handlers.ts'

export class AsyncHandlers implements StatusHandlers {
  readonly mode = 'async'
  readonly #contractorStatus: AsyncContractorStatus
  readonly #database: Database

  constructor(contractorStatus: AsyncContractorStatus, database: Database) {
    this.#contractorStatus = contractorStatus
    this.#database = database
  }

  async showStatus(inn: string): Promise<StatusBody> {
    return presentStatus(await this.#contractorStatus.of(parseInn(inn)))
  }

  async showHealth(): Promise<Health> {
    await this.#database.queryAsync('SELECT 1')
    return { status: 'ok', mode: this.mode }
  }

  close(): void {}
}
