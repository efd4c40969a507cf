import { wait } from 'greenthreads'
import type { StatusBody } from '../http/status-controller.ts'
import type { BusinessThreads } from './business-threads.ts'
import type { Health, StatusHandlers } from './status-handlers.ts'

/** Each call takes a worker thread for itself until it returns; while there is none, it stands in the queue. */
export class ThreadHandlers implements StatusHandlers {
  readonly mode = 'threads'
  readonly #threads: BusinessThreads

  constructor(threads: BusinessThreads) {
    this.#threads = threads
  }

  async showStatus(inn: string): Promise<StatusBody> {
    return (await this.#threads.run({ name: 'showStatus', inn })) as StatusBody
  }

  async showHealth(): Promise<Health> {
    return (await this.#threads.run({ name: 'showHealth' })) as Health
  }

  close(): void {
    wait(this.#threads.stop())
  }
}
