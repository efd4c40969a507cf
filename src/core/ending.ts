import { Coroutine } from '../binding/coroutine.ts'

/** Where a green thread is in its life. `running` includes: waiting for one that it started. */
export type ThreadState = 'pending' | 'running' | 'suspended' | 'finished' | 'failed' | 'cancelled'

export type EndState = 'finished' | 'failed' | 'cancelled'

/** A coroutine that ends once, with a result or an error, which whoever wants to know is told by a promise. */
export abstract class Ending extends Coroutine {
  static #lastEnd = 0

  state: ThreadState = 'pending'
  /** The result or the error. */
  outcome: unknown = undefined
  /** Of two, the one that ended first has the smaller number. */
  endOrder = 0
  #promise: Promise<unknown> | undefined = undefined
  #settle: Settle | undefined = undefined

  get isOver(): boolean {
    return this.state === 'finished' || this.state === 'failed' || this.state === 'cancelled'
  }

  /** Settles with its end. One promise for all observers, so that an error is reported once. */
  get promise(): Promise<unknown> {
    if (this.#promise !== undefined) return this.#promise
    if (this.state === 'finished') this.#promise = Promise.resolve(this.outcome)
    else if (this.isOver) this.#promise = Promise.reject(this.outcome)
    else {
      this.#promise = new Promise((resolve, reject) => {
        this.#settle = { resolve, reject }
      })
    }
    return this.#promise
  }

  /** Does somebody learn of its error, though nobody has asked for the promise? */
  protected abstract get isErrorObserved(): boolean

  protected end(state: EndState, outcome: unknown): void {
    this.state = state
    this.outcome = outcome
    this.endOrder = ++Ending.#lastEnd
    const settle = this.#settle
    if (settle !== undefined) {
      this.#settle = undefined
      if (state === 'finished') settle.resolve(outcome)
      else settle.reject(outcome)
    } else if (state === 'failed' && !this.isErrorObserved) {
      // Nobody observes it yet: let Node.js report the error as it reports every other rejection.
      this.#promise = Promise.reject(outcome)
    }
  }
}

interface Settle {
  resolve(value: unknown): void
  reject(error: unknown): void
}
