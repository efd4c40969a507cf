import { itemsInOrder } from './item-order.ts'
import type { Mapping } from './mapping.ts'

/** Results that lie ready, and which of them is next. */
export interface Results<R> {
  /** Tells whether there is a next one now. */
  put(result: R, index: number): boolean
  take(): { value: R } | undefined
}

export class OrderedResults<R> implements Results<R> {
  readonly #results = new Map<number, R>()
  #next = 0

  put(result: R, index: number): boolean {
    this.#results.set(index, result)
    return index === this.#next
  }

  take(): { value: R } | undefined {
    const index = this.#next
    if (!this.#results.has(index)) return undefined
    const value = this.#results.get(index) as R
    this.#results.delete(index)
    this.#next++
    return { value }
  }
}

export class ResultsAsReady<R> implements Results<R> {
  readonly #results = itemsInOrder<R>('fifo')

  put(result: R): boolean {
    this.#results.put(result)
    return true
  }

  take(): { value: R } | undefined {
    return this.#results.length === 0 ? undefined : { value: this.#results.take() }
  }
}

type Deliver<R> = (result: Awaited<R>, index: number) => boolean

/** What `imap` returns: nothing starts before the first `next()`, and leaving the loop ends all. */
export class PoolIterator<T, R> implements IterableIterator<Awaited<R>> {
  readonly #results: Results<Awaited<R>>
  readonly #begin: (deliver: Deliver<R>) => Mapping<T, R>
  #mapping: Mapping<T, R> | undefined = undefined
  #isOver = false

  constructor(results: Results<Awaited<R>>, begin: (deliver: Deliver<R>) => Mapping<T, R>) {
    this.#results = results
    this.#begin = begin
  }

  next(): IteratorResult<Awaited<R>, undefined> {
    if (this.#isOver) return { done: true, value: undefined }
    try {
      const result = this.#take()
      if (result !== undefined) return { done: false, value: result.value }
    } catch (error) {
      this.#isOver = true
      throw error
    }
    this.#isOver = true
    return { done: true, value: undefined }
  }

  /** What a loop calls when it is left early: cancels what is under way and waits for its end. */
  return(): IteratorResult<Awaited<R>, undefined> {
    this.#isOver = true
    this.#mapping?.stop('the loop over its results was left')
    return { done: true, value: undefined }
  }

  [Symbol.iterator](): this {
    return this
  }

  [Symbol.dispose](): void {
    this.return()
  }

  #take(): { value: Awaited<R> } | undefined {
    const mapping = this.#started()
    for (;;) {
      const result = this.#results.take()
      if (result !== undefined) {
        mapping.makeRoom()
        return result
      }
      mapping.checkFailure()
      if (mapping.isOver) return undefined
      mapping.untilChange()
    }
  }

  #started(): Mapping<T, R> {
    if (this.#mapping === undefined) {
      this.#mapping = this.#begin((result, index) => this.#results.put(result, index))
      this.#mapping.pump()
    }
    return this.#mapping
  }
}
