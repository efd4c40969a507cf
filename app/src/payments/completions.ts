import { Event } from 'greenthreads'

/** Somebody waits for the work on a payment. */
export interface Expectation extends Disposable {
  /** Returns whether the work has ended within the time. */
  wait(timeoutMs: number): boolean
}

interface Expected {
  readonly event: Event
  expectations: number
}

/** Lets requests wait for payments that this process works on. */
export class Completions {
  readonly #expected = new Map<string, Expected>()

  /** To be called before the work can have begun, or its end may be missed. */
  expect(id: string): Expectation {
    const expected = this.#expected.get(id) ?? { event: new Event(), expectations: 0 }
    this.#expected.set(id, expected)
    expected.expectations++
    return {
      wait: (timeoutMs) => expected.event.wait(timeoutMs),
      [Symbol.dispose]: () => {
        expected.expectations--
        const isLast = expected.expectations === 0 && this.#expected.get(id) === expected
        if (isLast) this.#expected.delete(id)
      },
    }
  }

  /** The work on the payment has ended, for good or until its next try. */
  settle(id: string): void {
    this.#expected.get(id)?.event.set()
    this.#expected.delete(id)
  }
}
