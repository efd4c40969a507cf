import { getRequest, RawExchange, type Target } from './raw-exchange.ts'

/** What the users of one process have met since they were asked last. */
export interface Meeting {
  /** Of the requests that were answered with 200. */
  readonly latenciesMs: number[]
  /** How long those have waited that are not answered yet. */
  readonly waitingMs: number[]
  /** Requests refused on purpose (429). */
  readonly refused: number
  /** Everything else, by what it was. */
  readonly errors: Record<string, number>
  readonly users: number
}

export interface CrowdSettings {
  readonly target: Target
  readonly paths: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  /** Pause of a user between an answer and the next request. */
  readonly pauseMs: number
  /** A request that takes longer has failed. */
  readonly patienceMs: number
}

const pauseAfterErrorMs = 1000
const pauseAfterRefusalMs = 500

/** Users in a closed loop: each sends the next request when the last one is answered. */
export class CrowdOfUsers {
  readonly #settings: CrowdSettings
  readonly #requests: readonly Buffer[]
  readonly #sentAt = new Map<number, number>()
  #users = 0
  #latenciesMs: number[] = []
  #refused = 0
  #errors: Record<string, number> = {}
  #isOver = false

  constructor(settings: CrowdSettings) {
    this.#settings = settings
    this.#requests = settings.paths.map((path) => getRequest(path, settings.headers))
  }

  /** Lets users join, so many in a second. Resolves when the last one has. */
  async growTo(users: number, perSecond: number): Promise<void> {
    const startedAt = performance.now()
    const before = this.#users
    while (this.#users < users && !this.#isOver) {
      const due = before + Math.ceil(((performance.now() - startedAt + 10) / 1000) * perSecond)
      while (this.#users < Math.min(due, users)) this.#live(this.#users++)
      await pause(10)
    }
  }

  /** What has been met since the last call. */
  take(): Meeting {
    const now = performance.now()
    const meeting = {
      latenciesMs: this.#latenciesMs,
      waitingMs: [...this.#sentAt.values()].map((sentAt) => now - sentAt),
      refused: this.#refused,
      errors: this.#errors,
      users: this.#users,
    }
    this.#latenciesMs = []
    this.#refused = 0
    this.#errors = {}
    return meeting
  }

  stop(): void {
    this.#isOver = true
  }

  async #live(user: number): Promise<void> {
    for (let turn = user; !this.#isOver; turn++) {
      try {
        await this.#useConnection(user, turn)
      } catch (error) {
        this.#sentAt.delete(user)
        this.#count(error instanceof Error ? error.message : String(error))
        await pause(pauseAfterErrorMs)
      }
    }
  }

  async #useConnection(user: number, firstTurn: number): Promise<void> {
    const exchange = await RawExchange.open(this.#settings.target)
    try {
      for (let turn = firstTurn; !this.#isOver; turn++) await this.#ask(exchange, user, turn)
    } finally {
      exchange.close()
    }
  }

  async #ask(exchange: RawExchange, user: number, turn: number): Promise<void> {
    const sentAt = performance.now()
    this.#sentAt.set(user, sentAt)
    const request = this.#requests[turn % this.#requests.length] as Buffer
    const impatience = setTimeout(() => exchange.close(), this.#settings.patienceMs)
    const status = await exchange.send(request)
    clearTimeout(impatience)
    this.#sentAt.delete(user)
    if (this.#isOver) return
    if (status === 200) this.#latenciesMs.push(performance.now() - sentAt)
    else if (status === 429) this.#refused++
    else this.#count(`HTTP ${status}`)
    if (status === 429) await pause(pauseAfterRefusalMs)
    else if (this.#settings.pauseMs > 0) await pause(this.#settings.pauseMs)
  }

  #count(error: string): void {
    if (!this.#isOver) this.#errors[error] = (this.#errors[error] ?? 0) + 1
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
