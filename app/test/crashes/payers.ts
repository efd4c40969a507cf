import { randomUUID } from 'node:crypto'
import { request } from 'undici'
import { demoContractors } from '../../src/storage/seed.ts'
import type { Replicas } from './replicas.ts'

/** A payment that the service has accepted: it must come to an end, and only one. */
export interface Accepted {
  readonly id: string
  readonly purpose: string
  readonly amount: string
  readonly wantsAnnulment: boolean
}

export interface PayersOptions {
  readonly replicas: Replicas
  readonly apiKey: string
  readonly random: () => number
  readonly count: number
}

const annulledShare = 0.1
const contractors = demoContractors(250)

/** Clients that go on paying while replicas die, and repeat every request until it is answered. */
export class Payers {
  readonly accepted: Accepted[] = []
  /** Requests that were sent again, because their answer never came. */
  repeated = 0
  readonly #options: PayersOptions
  readonly #running: Promise<void>[]
  #isOver = false

  constructor(options: PayersOptions) {
    this.#options = options
    this.#running = Array.from({ length: options.count }, () => this.#pay())
  }

  /** Rejects as soon as one of them gets an answer that it should not get. */
  get failed(): Promise<never> {
    return Promise.all(this.#running).then(() => new Promise<never>(() => undefined))
  }

  /** They finish what they have begun. */
  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#running)
  }

  async #pay(): Promise<void> {
    const { random } = this.#options
    while (!this.#isOver) {
      const contractor = contractors[Math.floor(random() * contractors.length)]
      // Large enough for some contractors to reach their yearly limit.
      const amount = `${1 + Math.floor(random() * 300_000)}.${String(Math.floor(random() * 100)).padStart(2, '0')}`
      const purpose = `work ${this.accepted.length} ${randomUUID()}`
      const body = { inn: contractor?.inn, amount, purpose }
      const { id, state } = await this.#post('/payments', body, randomUUID())
      const wantsAnnulment = state === 'completed' && random() < annulledShare
      this.accepted.push({ id, purpose, amount, wantsAnnulment })
      if (wantsAnnulment) await this.#post(`/payments/${id}/annulment`, { reason: 'refund' })
    }
  }

  async #post(path: string, body: object, key = ''): Promise<{ id: string; state: string }> {
    const { replicas, apiKey } = this.#options
    for (;;) {
      const url = await replicas.url()
      try {
        const answer = await request(url + path, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${apiKey}`,
            'content-type': 'application/json',
            ...(key && { 'idempotency-key': key }),
          },
          body: JSON.stringify(body),
        })
        const text = await answer.body.text()
        if (answer.statusCode <= 202) return JSON.parse(text) as { id: string; state: string }
        throw new UnexpectedAnswer(`POST ${path} was answered with ${answer.statusCode}: ${text}`)
      } catch (error) {
        if (error instanceof UnexpectedAnswer) throw error
        // Whoever we asked was killed. What became of the request nobody knows: ask somebody else the same.
        this.repeated++
      }
    }
  }
}

class UnexpectedAnswer extends Error {}
