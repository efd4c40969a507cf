import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'

constructs('conversions', {
  'Symbol.toPrimitive': ({ id, pause }) => {
    const hints: string[] = []
    const object = {
      [Symbol.toPrimitive](hint: string) {
        hints.push(hint)
        return pause(hint === 'string' ? `s${id}` : id)
      },
    } as never
    assert.equal(object + 1, id + 1)
    assert.equal(`${object}`, `s${id}`)
    assert.equal(+object, id)
    assert.deepEqual(hints, ['default', 'string', 'number'])
  },

  'valueOf and toString': ({ id, pause }) => {
    assert.equal(Number({ valueOf: () => pause(id) }), id)
    assert.equal(String({ toString: () => pause(`t${id}`) }), `t${id}`)
    assert.equal(Number({ valueOf: () => pause({}), toString: () => pause('7') }), 7)
  },

  comparison: ({ id, pause }) => {
    const object = { valueOf: () => pause(id) } as never
    assert.equal(object > id - 1, true)
    assert.equal(object < id, false)
    // biome-ignore lint/suspicious/noDoubleEquals: loose equality is what converts
    assert.equal(object == id, true)
  },

  'arguments of Math functions': ({ id, pause }) => {
    const slow = (value: number): never => ({ valueOf: () => pause(value) }) as never
    assert.equal(Math.max(slow(id), slow(id - 1)), id)
    assert.equal(Math.hypot(slow(3), slow(4)), 5)
    assert.equal(
      Math.max.apply(null, {
        length: 1,
        get 0() {
          return pause(id)
        },
      } as never),
      id,
    )
  },

  'parts of a date': ({ id, pause }) => {
    const slow = (value: number): never => ({ valueOf: () => pause(value) }) as never
    assert.equal(new Date(2020, slow(1), slow(3)).getDate(), 3)
    assert.equal(new Date(slow(id)).getTime(), id)
    assert.equal(
      new Date({ toString: () => pause('2020-02-03T00:00:00Z') } as never).getUTCDate(),
      3,
    )
  },

  'BigInt, parseInt, Symbol and isNaN': ({ id, pause }) => {
    assert.equal(BigInt({ valueOf: () => pause(id) } as never), BigInt(id))
    assert.equal(BigInt.asUintN({ valueOf: () => pause(64) } as never, BigInt(id)), BigInt(id))
    assert.equal(
      Number.parseInt(
        { toString: () => pause('ff') } as never,
        { valueOf: () => pause(16) } as never,
      ),
      255,
    )
    assert.equal(Symbol({ toString: () => pause(`d${id}`) } as never).description, `d${id}`)
    // biome-ignore lint/suspicious/noGlobalIsNan: it converts, as Number.isNaN does not
    assert.equal(isNaN({ valueOf: () => pause(id) } as never), false)
  },

  'toFixed, toString with a radix and toPrecision': ({ id, pause }) => {
    assert.equal((id + 0.5).toFixed({ valueOf: () => pause(2) } as never), `${id}.50`)
    assert.equal((255).toString({ valueOf: () => pause(16) } as never), 'ff')
  },

  'increments of an object property': ({ id, pause }) => {
    const holder = { count: { valueOf: () => pause(id) } as never }
    ;(holder.count as number)++
    assert.equal(holder.count, id + 1)
  },

  'encodeURIComponent and escapes': ({ id, pause }) => {
    assert.equal(encodeURIComponent({ toString: () => pause(`ä${id}`) } as never), `%C3%A4${id}`)
    assert.equal(decodeURI({ toString: () => pause('%41') } as never), 'A')
  },
})
