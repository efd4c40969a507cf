import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'

constructs('strings and regular expressions', {
  'the callback of replace': ({ id, pause }) => {
    const text = 'abcabc'.replace(/b(c)/g, (match, group: string) => {
      pause()
      assert.ok(/x(y)/.test(`xy${id}`))
      return `${match.toUpperCase()}${group}${id}`
    })
    assert.equal(text, `aBCc${id}aBCc${id}`)
  },

  'the callback of replace with text to find': ({ id, pause }) => {
    assert.equal(
      'a-a'.replaceAll('a', () => pause(`${id}`)),
      `${id}-${id}`,
    )
  },

  'a sticky pattern with a converted lastIndex': ({ id, pause }) => {
    const pattern = /b\d+/y
    pattern.lastIndex = { valueOf: () => pause(1) } as never
    assert.equal(pattern.exec(`ab${id}c`)?.[0], `b${id}`)
  },

  'Symbol.replace, Symbol.split, Symbol.search and Symbol.match': ({ id, pause }) => {
    const custom = {
      [Symbol.replace]: (text: string) => pause(`r${text}${id}`),
      [Symbol.split]: (text: string) => pause([text, id]),
      [Symbol.search]: () => pause(id),
      [Symbol.match]: () => pause(null),
    } as never
    assert.equal('abc'.replace(custom, ''), `rabc${id}`)
    assert.deepEqual('abc'.split(custom), ['abc', id])
    assert.equal('abc'.search(custom), id)
    assert.equal('abc'.match(custom), null)
  },

  'exec of a subclass in replace, split and matchAll': ({ id, pause }) => {
    class Slow extends RegExp {
      override exec(text: string): RegExpExecArray | null {
        pause()
        return super.exec(text)
      }
    }
    assert.equal('aXbX'.replace(new Slow('X', 'g'), `-${id}`), `a-${id}b-${id}`)
    assert.deepEqual('a,b'.split(new Slow(',')), ['a', 'b'])
    assert.deepEqual([...'a1b2'.matchAll(new Slow('\\d', 'g'))].map(String), ['1', '2'])
  },

  'the flags of a subclass': ({ pause }) => {
    class Slow extends RegExp {
      override get flags(): string {
        return pause(super.flags)
      }
    }
    assert.equal('aa'.replace(new Slow('a', 'g'), 'b'), 'bb')
  },

  'matching that goes on after a suspension': ({ id, pause }) => {
    const pattern = /(\d)/g
    const text = `1${id % 10}3`
    const found: string[] = []
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      found.push(pause(match[1] as string))
    }
    assert.deepEqual(found, [...text])
  },

  'padEnd, at, repeat and codePointAt': ({ pause }) => {
    const two = { valueOf: () => pause(2) } as never
    assert.equal('ab'.repeat(two), 'abab')
    assert.equal('abc'.at(two), 'c')
    assert.equal('abc'.padEnd({ valueOf: () => pause(5) } as never, 'x'), 'abcxx')
    assert.equal('abc'.codePointAt(two), 99)
  },

  'String.raw and tagged templates': ({ id, pause }) => {
    const raw = {
      raw: {
        length: 2,
        get 0() {
          return pause('q')
        },
        1: 'w',
      },
    } as never
    assert.equal(String.raw(raw, id), `q${id}w`)
    const tag = (parts: TemplateStringsArray, ...values: unknown[]): string =>
      pause(parts.raw.join('|')) + values.join()
    assert.equal(tag`a${pause(id)}b`, `a|b${id}`)
    assert.equal(tag`a${pause(id)}b${pause(1)}`, `a|b|${id},1`)
  },

  'concatenation that is flattened later': ({ id, pause }) => {
    let text = ''
    for (let index = 0; index < 20; index++) text += pause(`<${id}:${index}>`)
    assert.equal(
      text.length,
      Array.from({ length: 20 }, (_, index) => `<${id}:${index}>`).join('').length,
    )
    assert.ok(text.endsWith(`<${id}:19>`))
  },
})
