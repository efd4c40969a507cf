/**
 * In which order a channel gives its items out: first in first out, last in first out, or the smallest
 * first, as a comparator says (of equal ones the first).
 */
export type ItemOrder<T> = 'fifo' | 'lifo' | ((a: T, b: T) => number)

/** Items that wait to be received. */
export interface Items<T> {
  readonly length: number
  put(item: T): void
  /** The next one to take. To be asked for only when there is one. */
  peek(): T
  take(): T
}

export function itemsInOrder<T>(order: ItemOrder<T>): Items<T> {
  if (order === 'fifo') return new Line()
  return order === 'lifo' ? new Pile() : new Heap(order)
}

/** A ring of slots, twice as many whenever they are full; their number is a power of two. */
class Line<T> implements Items<T> {
  #slots: (T | undefined)[] = new Array(16)
  #first = 0
  length = 0

  put(item: T): void {
    if (this.length === this.#slots.length) this.#grow()
    this.#slots[this.#at(this.length)] = item
    this.length++
  }

  peek(): T {
    return this.#slots[this.#first] as T
  }

  take(): T {
    const item = this.#slots[this.#first] as T
    this.#slots[this.#first] = undefined
    this.#first = this.#at(1)
    this.length--
    if (this.length === 0) this.#forgetPeak()
    return item
  }

  #at(offset: number): number {
    return (this.#first + offset) & (this.#slots.length - 1)
  }

  #grow(): void {
    this.#slots = this.#slots.slice(this.#first).concat(this.#slots.slice(0, this.#first))
    this.#slots.length *= 2
    this.#first = 0
  }

  /** What was needed once need not be kept for ever. */
  #forgetPeak(): void {
    if (this.#slots.length <= LARGEST_IDLE_RING) return
    this.#slots = new Array(16)
    this.#first = 0
  }
}

const LARGEST_IDLE_RING = 1024

class Pile<T> implements Items<T> {
  readonly #items: T[] = []

  get length(): number {
    return this.#items.length
  }

  put(item: T): void {
    this.#items.push(item)
  }

  peek(): T {
    return this.#items[this.#items.length - 1] as T
  }

  take(): T {
    return this.#items.pop() as T
  }
}

interface Ranked<T> {
  readonly item: T
  readonly number: number
}

/** A binary heap: no entry is before its parent. */
class Heap<T> implements Items<T> {
  readonly #entries: Ranked<T>[] = []
  readonly #compare: (a: T, b: T) => number
  #lastNumber = 0

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get length(): number {
    return this.#entries.length
  }

  put(item: T): void {
    const entry = { item, number: ++this.#lastNumber }
    const entries = this.#entries
    const end = entries.length
    let place = end
    while (place > 0 && this.#isBefore(entry, entries[parentOf(place)] as Ranked<T>)) {
      place = parentOf(place)
    }
    // Only after all comparisons, as a comparator may throw.
    for (let hole = end; hole !== place; hole = parentOf(hole)) {
      entries[hole] = entries[parentOf(hole)] as Ranked<T>
    }
    entries[place] = entry
  }

  peek(): T {
    return (this.#entries[0] as Ranked<T>).item
  }

  take(): T {
    const { item } = this.#entries[0] as Ranked<T>
    const last = this.#entries.pop() as Ranked<T>
    if (this.#entries.length > 0) this.#sink(last)
    return item
  }

  #sink(entry: Ranked<T>): void {
    const entries = this.#entries
    let hole = 0
    for (;;) {
      let child = 2 * hole + 1
      if (child >= entries.length) break
      const right = entries[child + 1]
      if (right !== undefined && this.#isBefore(right, entries[child] as Ranked<T>)) child++
      if (!this.#isBefore(entries[child] as Ranked<T>, entry)) break
      entries[hole] = entries[child] as Ranked<T>
      hole = child
    }
    entries[hole] = entry
  }

  #isBefore(a: Ranked<T>, b: Ranked<T>): boolean {
    const order = this.#compare(a.item, b.item)
    return order < 0 || (order === 0 && a.number < b.number)
  }
}

function parentOf(index: number): number {
  return (index - 1) >> 1
}
