import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'
import { whereDefined } from '../../support/versions.ts'

interface Helpers<T> extends Iterator<T> {
  map<R>(fn: (item: T) => R): Helpers<R>
  filter(fn: (item: T) => boolean): Helpers<T>
  flatMap<R>(fn: (item: T) => Iterable<R>): Helpers<R>
  take(limit: number): Helpers<T>
  toArray(): T[]
}
const iterators = (globalThis as { Iterator?: { prototype: { map?: unknown } } }).Iterator

constructs('generators and iterators', {
  'a generator': ({ id, pause }) => {
    function* count(): Generator<number> {
      for (let step = 0; step < 3; step++) {
        pause()
        yield step + id
      }
    }
    assert.deepEqual([...count()], [id, id + 1, id + 2])
    const [first, second] = count()
    assert.deepEqual([first, second], [id, id + 1])
  },

  'yield* and values sent in': ({ id, pause }) => {
    function* inner(): Generator<string, string, number> {
      const sent = yield pause('inner')
      return pause(`sent${sent}`)
    }
    function* outer(): Generator<string, string, number> {
      return pause(yield* inner())
    }
    const generator = outer()
    assert.deepEqual(generator.next(0), { value: 'inner', done: false })
    assert.deepEqual(generator.next(id), { value: `sent${id}`, done: true })
  },

  'finally of a generator that is closed': ({ pause }) => {
    const log: string[] = []
    function* guarded(): Generator<number> {
      try {
        yield 1
      } finally {
        pause()
        log.push('closed')
      }
    }
    for (const item of guarded()) {
      pause(item)
      break
    }
    assert.deepEqual(log, ['closed'])
  },

  'an error thrown into a generator': ({ id, pause }) => {
    function* recovering(): Generator<string> {
      try {
        yield 'before'
      } catch (error) {
        pause()
        yield (error as Error).message
      }
    }
    const generator = recovering()
    generator.next()
    assert.equal(generator.throw(new Error(`into ${id}`)).value, `into ${id}`)
  },

  'return of an iterator after an error in the loop': ({ id, pause }) => {
    let returns = 0
    const endless = {
      [Symbol.iterator]: () => ({
        next: () => pause({ done: false, value: id }),
        return() {
          returns++
          return pause({ done: true, value: undefined })
        },
      }),
    }
    assert.throws(
      () => {
        for (const item of endless) throw new Error(`left ${item}`)
      },
      { message: `left ${id}` },
    )
    assert.equal(returns, 1)
  },

  'a generator that is entered while it runs': ({ pause }) => {
    const entered: { generator?: Generator<number> } = {}
    function* reentrant(): Generator<number> {
      pause()
      assert.throws(() => entered.generator?.next(), TypeError)
      yield 1
    }
    entered.generator = reentrant()
    assert.equal(entered.generator.next().value, 1)
  },

  'destructuring with defaults': ({ id, pause }) => {
    function* pairs(): Generator<number | undefined> {
      yield pause(undefined)
      yield pause(id)
    }
    const [first = pause(-1), second, third = pause('none')] = pairs()
    assert.deepEqual([first, second, third], [-1, id, 'none'])
  },

  'spread into a call and into a constructor': ({ id, pause }) => {
    function* items(): Generator<number> {
      yield pause(id)
      yield pause(id + 1)
    }
    assert.equal(Math.max(...items()), id + 1)
    assert.deepEqual([...items(), 0], [id, id + 1, 0])
  },

  'iterator helpers': {
    missing: whereDefined(iterators?.prototype.map, 'Iterator.prototype.map'),
    run: ({ id, pause }) => {
      const helpers = [1, 2, 3, 4].values() as unknown as Helpers<number>
      const items = helpers
        .map((item) => pause(item) + id)
        .filter((item) => pause(item) > id + 1)
        .flatMap((item) => pause([item, item]))
        .take(3)
        .toArray()
      assert.deepEqual(items, [id + 2, id + 2, id + 3])
    },
  },
})
