/** A key came back with another request: whoever sent it has mixed two requests up. */
export class KeyReused extends Error {
  constructor(key: string) {
    super(`The idempotency key ${key} belongs to another request.`)
    this.name = 'KeyReused'
  }
}

interface Line<Entry> {
  readonly request: string
  readonly entry: Entry
  asked: number
}

export type LedgerLine<Entry> = Entry & {
  readonly key: string
  /** How often this was asked for: once, and again after each answer that did not arrive. */
  readonly asked: number
}

/** What a neighbour has done, each request once however often it comes: tests count what happened here. */
export class Ledger<Entry extends object> {
  readonly #lines = new Map<string, Line<Entry>>()

  get size(): number {
    return this.#lines.size
  }

  get lines(): LedgerLine<Entry>[] {
    return [...this.#lines].map(([key, { entry, asked }]) => ({ key, asked, ...entry }))
  }

  /** What was done under the key; `act` is called only if that is nothing yet. Throws `KeyReused`. */
  once(key: string, request: unknown, act: () => Entry): Entry {
    const text = JSON.stringify(request)
    const known = this.#lines.get(key)
    if (known === undefined) {
      const entry = act()
      this.#lines.set(key, { request: text, entry, asked: 1 })
      return entry
    }
    if (known.request !== text) throw new KeyReused(key)
    known.asked++
    return known.entry
  }
}
