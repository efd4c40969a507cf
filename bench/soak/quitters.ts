import { getRequest, RawExchange, type Target } from '../load/raw-exchange.ts'

const mostPatienceMs = 80

/** Clients who go away before they are answered, each time with a connection of its own. */
export class Quitters {
  readonly #target: Target
  readonly #requests: readonly Buffer[]
  #quits = 0
  #isOver = false

  constructor(target: Target, paths: readonly string[], headers: Readonly<Record<string, string>>) {
    this.#target = target
    this.#requests = paths.map((path) => getRequest(path, headers))
  }

  get quits(): number {
    return this.#quits
  }

  start(count: number): void {
    for (let i = 0; i < count; i++) this.#comeAndGo(i)
  }

  stop(): void {
    this.#isOver = true
  }

  async #comeAndGo(first: number): Promise<void> {
    for (let turn = first; !this.#isOver; turn++) {
      const exchange = await RawExchange.open(this.#target)
      // It may be answered before it has gone: that is as good.
      exchange.send(this.#requests[turn % this.#requests.length] as Buffer).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * mostPatienceMs))
      exchange.close()
      this.#quits++
    }
  }
}
