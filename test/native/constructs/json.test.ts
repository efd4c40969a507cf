import assert from 'node:assert/strict'
import { constructs, type SpecialConstruct } from '../../support/constructs.ts'
import { v8Major } from '../../support/versions.ts'

// V8 12 keeps a chain of active stringifiers whose order it checks; native code can't be suspended in it.
const refusal = v8Major === 12 ? -1 : undefined
const stringifying = (run: SpecialConstruct['run']): SpecialConstruct => ({ run, refusal })

constructs('JSON', {
  'toJSON and getters of stringify': stringifying(({ id, pause }) => {
    const text = JSON.stringify({
      a: { toJSON: () => pause(`x${id}`) },
      get b() {
        return pause(id)
      },
      c: [1, { toJSON: () => pause(2) }],
    })
    assert.equal(text, `{"a":"x${id}","b":${id},"c":[1,2]}`)
  }),

  'the replacer of stringify': stringifying(({ id, pause }) => {
    const text = JSON.stringify({ a: id, b: [1, 2] }, (_key, value) => pause(value), 1)
    assert.equal(text.replaceAll(/\s/g, ''), `{"a":${id},"b":[1,2]}`)
  }),

  'a proxy given to stringify': stringifying(({ id, pause }) => {
    const proxy = new Proxy<Record<string, number>>(
      { key: id },
      {
        get: (target, key) => pause(target[String(key)]),
        ownKeys: (target) => pause(Reflect.ownKeys(target)),
      },
    )
    assert.equal(JSON.stringify(proxy), `{"key":${id}}`)
  }),

  'nested calls of stringify': stringifying(({ id, pause }) => {
    const inner = { toJSON: () => pause(id) }
    const outer = { toJSON: () => JSON.stringify({ inner }) }
    assert.equal(JSON.stringify([outer]), JSON.stringify([`{"inner":${id}}`]))
  }),

  'a toJSON that throws': stringifying(({ id, pause }) => {
    const thrower = {
      toJSON(): never {
        pause()
        throw new Error(`thrown by ${id}`)
      },
    }
    try {
      JSON.stringify([thrower])
      assert.fail('the error was lost')
    } catch (error) {
      if ((error as Error).message !== `thrown by ${id}`) throw error
    }
  }),

  'the reviver of parse': ({ id, pause }) => {
    const parsed = JSON.parse('{"a":1,"b":[1,2,{"c":3}]}', (_key, value) => {
      pause()
      return typeof value === 'number' ? value + id : value
    })
    assert.deepEqual(parsed, { a: 1 + id, b: [1 + id, 2 + id, { c: 3 + id }] })
  },

  'the text of parse': ({ id, pause }) => {
    const text = { toString: () => pause(`[${id}]`) } as never
    assert.deepEqual(JSON.parse(text), [id])
  },

  'parse after a suspended parse of another thread': ({ id, pause }) => {
    const parsed = JSON.parse('[1,[2,[3]]]', (_key, value) => {
      assert.equal(JSON.parse(`{"id":${pause(id)}}`).id, id)
      return value
    })
    assert.deepEqual(parsed, [1, [2, [3]]])
  },
})
