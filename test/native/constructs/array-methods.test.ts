import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'

constructs('array methods', {
  'the comparator of sort': ({ id, pause }) => {
    const sorted = [5, 3, 1, 4, 2].map((digit) => digit + id).sort((a, b) => pause(a) - pause(b))
    assert.deepEqual(
      sorted,
      [1, 2, 3, 4, 5].map((digit) => digit + id),
    )
  },

  'the comparator of sort over many elements': ({ id, pause }) => {
    const source = Array.from({ length: 60 }, (_, index) => ({ key: (index * 37) % 60, id }))
    source.sort((a, b) => {
      if (a.key % 10 === 0) pause()
      return a.key - b.key
    })
    assert.ok(source.every((entry, index) => entry.key === index && entry.id === id))
  },

  'the comparator of sort while the array changes': ({ pause }) => {
    const numbers = [3, 2, 1]
    numbers.sort((a, b) => {
      pause()
      numbers.push(0)
      return a - b
    })
    assert.deepEqual(numbers.slice(0, 3), [1, 2, 3])
  },

  'map, filter and reduce': ({ id, pause }) => {
    const total = [1, 2, 3, 4]
      .map((item) => pause(item) * 2)
      .filter((item) => pause(item) > 2)
      .reduce((sum, item) => pause(sum) + item, id)
    assert.equal(total, 18 + id)
  },

  'every, some, find and findLast': ({ id, pause }) => {
    const items = [id, id + 1, id + 2]
    assert.equal(
      items.every((item) => pause(item) >= id),
      true,
    )
    assert.equal(
      items.some((item) => pause(item) === id + 2),
      true,
    )
    assert.equal(
      items.find((item) => pause(item) > id),
      id + 1,
    )
    assert.equal(
      items.findLastIndex((item) => pause(item) === id),
      0,
    )
  },

  'forEach over an array that grows': ({ pause }) => {
    const seen: number[] = []
    const items = [1, 2]
    items.forEach((item) => {
      if (items.length < 5) items.push(item + 10)
      seen.push(pause(item))
    })
    assert.deepEqual(seen, [1, 2])
  },

  'flatMap and Array.from': ({ id, pause }) => {
    assert.deepEqual(
      [1, 2].flatMap((item) => pause([item, [id]])),
      [1, [id], 2, [id]],
    )
    assert.deepEqual(
      Array.from({ length: 3 }, (_, index) => pause(index + id)),
      [id, id + 1, id + 2],
    )
    assert.deepEqual(
      Array.from(new Set([id]), (item) => pause(item)),
      [id],
    )
  },

  'the length and elements of an array-like': ({ id, pause }) => {
    const like = {
      get length() {
        return pause(2)
      },
      get 0() {
        return pause(id)
      },
      1: 'one',
    }
    assert.deepEqual(Array.prototype.slice.call(like), [id, 'one'])
    assert.equal(Array.prototype.indexOf.call(like, 'one'), 1)
  },

  'concat of something spreadable': ({ id, pause }) => {
    const spreadable = {
      get [Symbol.isConcatSpreadable]() {
        return pause(true)
      },
      length: 1,
      0: id,
    }
    assert.deepEqual(([0] as unknown[]).concat(spreadable), [0, id])
  },

  'the species of a subclass': ({ id, pause }) => {
    class Slow extends Array<number> {
      static override get [Symbol.species](): ArrayConstructor {
        return pause(Array)
      }
    }
    const doubled = Slow.of(id, id).map((item) => pause(item) * 2)
    assert.ok(!(doubled instanceof Slow))
    assert.deepEqual(doubled, [id * 2, id * 2])
  },

  'indices that are converted': ({ id, pause }) => {
    const one = { valueOf: () => pause(1) } as never
    const items = [id, id + 1, id + 2]
    assert.deepEqual(items.slice(one), [id + 1, id + 2])
    assert.equal(items.at(one), id + 1)
    assert.equal(items.indexOf(id, one), -1)
    assert.deepEqual(items.splice(one, one), [id + 1])
    assert.deepEqual([0, 0].fill(id as never, one), [0, id])
  },

  'element setters of push and unshift': ({ id, pause }) => {
    const written: unknown[] = []
    const like = {
      length: 0,
      set 0(value: unknown) {
        written.push(pause(value))
      },
    }
    assert.equal(Array.prototype.push.call(like, id), 1)
    assert.deepEqual(written, [id])
  },
})
