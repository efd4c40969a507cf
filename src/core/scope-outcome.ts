import { severalErrors } from '../errors.ts'

/** What a scope results in: failures go before whatever cut its work short, and that before a result. */
export class ScopeOutcome {
  /** In the order of time. A set, as a function that joins a thread fails with the same error. */
  readonly #failures = new Set<unknown>()
  #isCutShort = false
  #hasVerdict = false
  #verdict: unknown = undefined

  failed(error: unknown): void {
    this.#failures.add(error)
  }

  /** A cancellation of the scope ended something before it was done. */
  cutShort(): void {
    this.#isCutShort = true
  }

  /** What to throw if that happens. Without one, the scope returns normally in spite of it. */
  throwIfCutShort(error: unknown): void {
    this.#hasVerdict = true
    this.#verdict = error
  }

  /** Its function was ended by an error that is no failure, so that there is no result to return. */
  bodyCutShort(error: unknown): void {
    this.#isCutShort = true
    if (!this.#hasVerdict) this.throwIfCutShort(error)
  }

  conclude(result: unknown): unknown {
    const failures = [...this.#failures]
    if (failures.length > 1) throw severalErrors('failures in one scope', failures)
    if (failures.length === 1) throw failures[0]
    if (this.#isCutShort && this.#hasVerdict) throw this.#verdict
    return result
  }
}
