import { performance } from 'node:perf_hooks'
import { Pool } from 'undici'
import type { FrontFigures, FrontOrder } from '../src/observability/crowd.ts'

interface Asked {
  readonly statusCode: number
  readonly ms: number
}

const pauseMs = 200
const remembered = 25
const patienceMs = 10_000

/** Somebody who looks at a cheap page again and again, and notes how long it took. */
export class FrontUser {
  readonly #pool: Pool
  readonly #order: FrontOrder
  #last: Asked[] = []
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(url: string, order: FrontOrder) {
    this.#pool = new Pool(url, { connections: 1 })
    this.#order = order
    this.#ask()
  }

  get figures(): FrontFigures {
    const times = this.#last.map(({ ms }) => ms).sort((one, other) => one - other)
    const count = (matches: (statusCode: number) => boolean): number =>
      this.#last.filter(({ statusCode }) => matches(statusCode)).length
    return {
      answers: count((code) => code < 400),
      refused: count((code) => code === 429 || code === 503),
      failed: count((code) => code >= 400 && code !== 429 && code !== 503),
      medianMs: times[Math.floor(times.length / 2)] ?? 0,
      slowestMs: times.at(-1) ?? 0,
    }
  }

  async close(): Promise<void> {
    this.#isOver = true
    clearTimeout(this.#timer)
    await this.#pool.destroy()
  }

  async #ask(): Promise<void> {
    const began = performance.now()
    const statusCode = await this.#statusCode()
    if (this.#isOver) return
    const ms = Math.round((performance.now() - began) * 10) / 10
    this.#last = [...this.#last, { statusCode, ms }].slice(-remembered)
    this.#timer = setTimeout(() => this.#ask(), pauseMs)
  }

  /** 599 when there was no answer at all. */
  async #statusCode(): Promise<number> {
    const { key, path } = this.#order
    try {
      const { statusCode, body } = await this.#pool.request({
        method: 'GET',
        path,
        headers: { authorization: `Bearer ${key}` },
        signal: AbortSignal.timeout(patienceMs),
      })
      await body.dump()
      return statusCode
    } catch {
      return 599
    }
  }
}
