import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'
import { whereDefined } from '../../support/versions.ts'

type GroupBy = (items: Iterable<number>, key: (item: number) => string) => Record<string, number[]>
const groupBy = (Object as unknown as { groupBy?: GroupBy }).groupBy

constructs('property access', {
  'getters and setters': ({ id, pause }) => {
    let written = 0
    const object = {
      get value() {
        return pause(id)
      },
      set value(next) {
        written = pause(next)
      },
    }
    assert.equal(object.value, id)
    object.value = id + 1
    assert.equal(written, id + 1)
    object.value += 5
    assert.equal(written, id + 5)
  },

  'Object.assign, spread and rest': ({ id, pause }) => {
    const source = {
      get a() {
        return pause(id)
      },
      b: 2,
    }
    assert.deepEqual(Object.assign({}, source), { a: id, b: 2 })
    assert.deepEqual({ ...source }, { a: id, b: 2 })
    const { b, ...rest } = source
    assert.deepEqual([b, rest], [2, { a: id }])
  },

  'Object.entries, values and fromEntries': ({ id, pause }) => {
    const source = {
      get a() {
        return pause(id)
      },
    }
    assert.deepEqual(Object.entries(source), [['a', id]])
    assert.deepEqual(Object.values(source), [id])
    function* pairs(): Generator<[string, number]> {
      pause()
      yield ['k', pause(id)]
    }
    assert.deepEqual(Object.fromEntries(pairs()), { k: id })
  },

  'keys and descriptors of defineProperty': ({ id, pause }) => {
    const key = { toString: () => pause(`p${id}`) } as never
    const object: Record<string, unknown> = {}
    Object.defineProperty(object, key, {
      get value() {
        return pause(id)
      },
    })
    assert.equal(object[`p${id}`], id)
    const all = Object.defineProperties({} as Record<string, unknown>, {
      get a() {
        return pause({ value: id })
      },
    })
    assert.equal(all.a, id)
  },

  'a computed key of a literal': ({ id, pause }) => {
    const name = { toString: () => pause(`k${id}`) } as never
    assert.deepEqual({ [pause(`x${id}`)]: 1, [name]: 2 }, { [`x${id}`]: 1, [`k${id}`]: 2 })
  },

  'optional chains and defaults': ({ id, pause }) => {
    const object: { deep?: { value: number | undefined } } = { deep: { value: undefined } }
    assert.equal(pause(object)?.deep?.value ?? pause(id), id)
    const { missing = pause(id) } = object as { missing?: number }
    assert.equal(missing, id)
  },

  'Symbol.toStringTag and Symbol.hasInstance': ({ id, pause }) => {
    const tagged = {
      get [Symbol.toStringTag]() {
        return pause(`T${id}`)
      },
    }
    assert.equal(Object.prototype.toString.call(tagged), `[object T${id}]`)
    const anything = { [Symbol.hasInstance]: (candidate: number) => pause(candidate === id) }
    assert.equal((id as unknown) instanceof (anything as never), true)
  },

  'with and Symbol.unscopables': ({ id, pause }) => {
    const run = new Function('scope', 'with (scope) { return found }')
    const scope = {
      get found() {
        return pause(id)
      },
      get [Symbol.unscopables]() {
        return pause({})
      },
    }
    assert.equal(run(scope), id)
  },

  'for in over a proxy and delete': ({ id, pause }) => {
    const keys: string[] = []
    for (const key in { [`a${id}`]: 1, b: 2 }) keys.push(pause(key))
    assert.deepEqual(keys, [`a${id}`, 'b'])
    const object: Record<string, number> = { [`x${id}`]: 1 }
    assert.equal(delete object[pause(`x${id}`)], true)
    assert.deepEqual(object, {})
  },

  'Object.groupBy': {
    missing: whereDefined(groupBy, 'Object.groupBy'),
    run: ({ id, pause }) => {
      const groups = groupBy?.([1, 2, 3], (item) => pause(item % 2 === 0 ? 'even' : `odd${id}`))
      assert.deepEqual({ ...groups }, { [`odd${id}`]: [1, 3], even: [2] })
    },
  },
})
