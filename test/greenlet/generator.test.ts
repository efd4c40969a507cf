import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Greenlet, getcurrent } from 'greenthreads/greenlet'
import { withoutLeaks } from './stacks.ts'

/**
 * A generator whose `emit` may be called at any depth, and which may hand values of its own through
 * those that it iterates over.
 */
class Generator<T> extends Greenlet implements Iterable<T> {
  readonly #body: () => void
  /** A generator below, in whose name this one has been left: it goes on first. */
  #inner: Generator<T> | undefined = undefined

  constructor(body: () => void) {
    super()
    this.#body = body
  }

  override run(): void {
    this.#body()
  }

  [Symbol.iterator](): Iterator<T> {
    return { next: () => this.#next() }
  }

  #next(): IteratorResult<T> {
    const innermost = this.#takeInnermost()
    if (innermost === this) this.parent = getcurrent()
    const value = innermost.switch() as T
    return this.isActive ? { value, done: false } : { value: undefined, done: true }
  }

  #takeInnermost(): Generator<T> {
    const inner = this.#inner
    this.#inner = undefined
    return inner === undefined ? this : inner.#takeInnermost()
  }

  /** Hands a value to whoever iterates `level` generators further out. */
  static emit(value: unknown, level = 1): void {
    let greenlet: Greenlet | null = getcurrent()
    for (let left = level; left > 0; left--) {
      if (!(greenlet instanceof Generator)) throw new TypeError('emit() outside of a generator')
      const outer: Greenlet | null = greenlet.parent
      if (left > 1 && outer instanceof Generator) outer.#inner = greenlet
      greenlet = outer
    }
    greenlet?.switch(value)
  }
}

const { emit } = Generator

function generator<A extends unknown[], T>(
  body: (...args: A) => void,
): (...args: A) => Generator<T> {
  return (...args) => new Generator(() => body(...args))
}

test('a generator emits from any depth of its call tree', () => {
  const nested = (value: number): void => emit(value)
  for (const yielding of [emit, nested]) {
    const seen: number[] = []
    const count = generator<[number], number>((n) => {
      for (let i = 0; i < n; i++) {
        seen.push(i + 1)
        yielding(i)
      }
    })
    withoutLeaks(() => {
      for (let round = 0; round < 3; round++) for (const i of count(5)) seen.push(i)
    })
    assert.deepEqual(seen, Array(3).fill([1, 0, 2, 1, 3, 2, 4, 3, 5, 4]).flat())
  }
})

test('a recursive generator counts its own emissions', () => {
  const nested: (n: number) => Generator<number> = generator((n) => {
    if (n === 0) return
    for (const i of nested(n - 1)) emit(i)
    emit(n)
  })
  withoutLeaks(() => assert.deepEqual([...nested(5)], [1, 2, 3, 4, 5]))
})

test('permutations are made by generators below generators', () => {
  const permutations: (items: number[]) => Generator<number[]> = generator((items) => {
    if (items.length <= 1) return emit(items)
    for (const first of items) {
      for (const rest of permutations(items.filter((item) => item !== first)))
        emit([first, ...rest])
    }
  })
  withoutLeaks(() => {
    const all = [...permutations([0, 1, 2, 3])].map(String)
    assert.equal(all.length, 24)
    assert.equal(new Set(all).size, 24)
    assert.equal(all[0], '0,1,2,3')
    assert.equal(all[23], '3,2,1,0')
  })
})

test('two generators advance side by side', () => {
  const upTo: (n: number) => Generator<number> = generator((n) => {
    for (let i = 0; i < n; i++) emit(i)
  })
  const [a, b] = [upTo(4)[Symbol.iterator](), upTo(3)[Symbol.iterator]()]
  const pairs: unknown[] = []
  for (;;) {
    const [left, right] = [a.next(), b.next()]
    if (left.done || right.done) break
    pairs.push([left.value, right.value])
  }
  assert.deepEqual(pairs, [
    [0, 0],
    [1, 1],
    [2, 2],
  ])
  assert.deepEqual(a.next().done, true)
})

test('a generator emits past the one that iterates it', () => {
  const squares: (n: number) => Generator<number> = generator((n) => {
    for (let i = 1; i < n; i++) {
      emit(i)
      emit(i * i, 2)
    }
  })
  const seen: number[] = []
  const outer = generator<[number], number>((n) => {
    for (const i of squares(n)) seen.push(i)
  })
  withoutLeaks(() => {
    for (const i of outer(5)) seen.push(i)
  })
  assert.deepEqual(seen, [1, 1, 2, 4, 3, 9, 4, 16])
})

test('emitting outside of a generator is an error of the caller', () => {
  assert.throws(() => emit(10), TypeError)
})
