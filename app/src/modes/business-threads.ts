import { BroadcastChannel, type Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { Clock } from '../status/status-cache.ts'
import type { Database } from '../storage/database.ts'
import type { TaxAuthority } from '../tax-authority/tax-authority.ts'
import {
  type BlockingAnswer,
  type BlockingCall,
  type BusinessTask,
  type BusinessThreadData,
  channelName,
  type Outcome,
} from './blocking-call.ts'
import { carry, unpack } from './carried-error.ts'

export interface BusinessThreadsOptions {
  readonly threads: number
  readonly database: Pick<Database, 'queryAsync'>
  readonly taxAuthority: Pick<TaxAuthority, 'standingOfAsync'>
  readonly statusFreshMs: number
  readonly now: Clock
}

/**
 * A pool of worker threads, each of which serves one request at a time and blocks while that waits; the
 * requests for which there is no thread stand in a queue. Connections are the service's: a blocked thread
 * has another one wait for the main thread, which asks the database or the tax authority.
 *
 *   business thread  --synckit, blocked-->  waiting thread  --BroadcastChannel-->  main thread
 */
export class BusinessThreads {
  readonly #pool: Piscina<BusinessTask, Outcome>
  readonly #channels = new Map<number, BroadcastChannel>()
  readonly #options: BusinessThreadsOptions

  private constructor(options: BusinessThreadsOptions) {
    this.#options = options
    const workerData: BusinessThreadData = { statusFreshMs: options.statusFreshMs }
    this.#pool = new Piscina({
      filename: new URL('./business-thread.js', import.meta.url).href,
      minThreads: options.threads,
      maxThreads: options.threads,
      workerData,
    })
    for (const worker of this.#pool.threads) this.#listenTo(worker)
    // A thread that died is replaced.
    this.#pool.on('workerCreate', () => {
      for (const worker of this.#pool.threads) this.#listenTo(worker)
    })
  }

  static start(options: BusinessThreadsOptions): BusinessThreads {
    return new BusinessThreads(options)
  }

  async run(task: BusinessTask): Promise<unknown> {
    const outcome = await this.#pool.run(task)
    if ('error' in outcome) throw unpack(outcome.error)
    return outcome.value
  }

  async stop(): Promise<void> {
    await this.#pool.destroy()
    for (const channel of this.#channels.values()) channel.close()
  }

  #listenTo({ threadId }: Worker): void {
    if (this.#channels.has(threadId)) return
    const channel = new BroadcastChannel(channelName(threadId))
    this.#channels.set(threadId, channel)
    channel.onmessage = async (event) => {
      const { data } = event as { data: BlockingCall }
      const outcome = await this.#outcomeOf(data)
      const answer: BlockingAnswer = { ...outcome, now: this.#options.now() }
      channel.postMessage(answer)
    }
  }

  async #outcomeOf(call: BlockingCall): Promise<Outcome> {
    try {
      return { value: await this.#answer(call) }
    } catch (error) {
      return { error: carry(error) }
    }
  }

  #answer(call: BlockingCall): Promise<unknown> {
    const { database, taxAuthority } = this.#options
    if (call.name === 'query') return database.queryAsync(call.sql, call.parameters)
    return taxAuthority.standingOfAsync(call.inn, call.at)
  }
}
