import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'
import { whereDefined } from '../../support/versions.ts'

type SetLike = { size: number; has: (item: number) => boolean; keys: () => Iterator<number> }
type Union = (other: SetLike) => Set<number>
const union = (Set.prototype as { union?: Union }).union
type GroupBy = (items: number[], key: (item: number) => number) => Map<number, number[]>
const groupBy = (Map as { groupBy?: GroupBy }).groupBy

constructs('maps and sets', {
  'forEach over a map that grows': ({ id, pause }) => {
    const map = new Map([
      [1, id],
      [2, id],
    ])
    let sum = 0
    map.forEach((value, key) => {
      pause()
      if (key === 1) map.set(3, id)
      sum += value
    })
    assert.equal(sum, 3 * id)
  },

  'iteration over a set from which others are deleted': ({ id, pause }) => {
    const set = new Set([id, id + 1, id + 2])
    const seen: number[] = []
    for (const item of set) {
      seen.push(pause(item))
      set.delete(id + 1)
    }
    assert.deepEqual(seen, [id, id + 2])
  },

  'a map that is rehashed under its iterator': ({ id, pause }) => {
    const map = new Map<number, number>([[0, id]])
    let visited = 0
    for (const [key] of map) {
      visited++
      pause()
      if (key < 40) map.set(key + 1, id)
    }
    assert.equal(visited, 41)
  },

  'the adder and the items of a constructor': ({ id, pause }) => {
    class Slow extends Map<string, number> {
      override set(key: string, value: number): this {
        return super.set(pause(key), value)
      }
    }
    function* items(): Generator<[string, number]> {
      yield pause(['a', id])
    }
    assert.deepEqual([...new Slow(items())], [['a', id]])
  },

  'Map.groupBy': {
    missing: whereDefined(groupBy, 'Map.groupBy'),
    run: ({ id, pause }) => {
      const groups = groupBy?.call(Map, [1, 2, 3], (item) => pause(item % 2) + id)
      assert.deepEqual(
        [...(groups ?? [])],
        [
          [1 + id, [1, 3]],
          [id, [2]],
        ],
      )
    },
  },

  'the set-like argument of union': {
    missing: whereDefined(union, 'Set.prototype.union'),
    run: ({ id, pause }) => {
      const like = {
        get size() {
          return pause(1)
        },
        has: () => pause(true),
        keys: () => pause([id + 5].values()),
      }
      assert.deepEqual([...(union?.call(new Set([id]), like) ?? [])], [id, id + 5])
    },
  },
})
