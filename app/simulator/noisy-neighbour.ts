import { Pool } from 'undici'
import type { FloodFigures, FloodOrder } from '../src/observability/crowd.ts'

const periodMs = 50
const mostUnderWay = 3000

/** A client service with an error in it: it asks for statuses without end, whether they are answered or not. */
export class NoisyNeighbour {
  readonly #pool: Pool
  readonly #order: FloodOrder
  readonly #timer: NodeJS.Timeout
  #asked = 0
  #underWay = 0
  #answered = 0
  #refused = 0
  #failed = 0
  #isOver = false

  constructor(url: string, order: FloodOrder) {
    this.#pool = new Pool(url, { connections: mostUnderWay })
    this.#order = order
    this.#timer = setInterval(() => this.#askSome(), periodMs)
  }

  get figures(): FloodFigures {
    return {
      underWay: this.#underWay,
      answered: this.#answered,
      refused: this.#refused,
      failed: this.#failed,
    }
  }

  async close(): Promise<void> {
    this.#isOver = true
    clearInterval(this.#timer)
    await this.#pool.destroy()
  }

  #askSome(): void {
    const wanted = Math.ceil((this.#order.perSecond * periodMs) / 1000)
    for (let i = 0; i < wanted && this.#underWay < mostUnderWay; i++) this.#ask()
  }

  async #ask(): Promise<void> {
    const { key, paths } = this.#order
    const path = paths[this.#asked++ % paths.length] ?? '/'
    this.#underWay++
    try {
      const { statusCode, body } = await this.#pool.request({
        method: 'GET',
        path,
        headers: { authorization: `Bearer ${key}` },
      })
      await body.dump()
      this.#count(statusCode)
    } catch {
      // A connection that broke is no answer; at the end all of them are broken off.
      if (!this.#isOver) this.#failed++
    }
    this.#underWay--
  }

  #count(statusCode: number): void {
    if (statusCode < 400) this.#answered++
    else if (statusCode === 429 || statusCode === 503) this.#refused++
    else this.#failed++
  }
}
