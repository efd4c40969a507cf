import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'

constructs('Intl', {
  'options that are getters': ({ pause }) => {
    const format = new Intl.NumberFormat('en', {
      get maximumFractionDigits() {
        return pause(2)
      },
      get useGrouping() {
        return pause(false)
      },
    })
    assert.equal(format.format({ valueOf: () => pause(1234.567) } as never), '1234.57')
  },

  'locales that are read from a list': ({ pause }) => {
    const locales = {
      length: 1,
      get 0() {
        return pause('de')
      },
    } as never
    assert.equal(Intl.getCanonicalLocales(locales)[0], 'de')
    assert.equal(new Intl.NumberFormat(locales).format(1.5), '1,5')
  },

  'localeCompare inside sort': ({ pause }) => {
    const options = {
      get sensitivity() {
        return pause('base' as const)
      },
    }
    const sorted = ['b', 'C', 'a'].sort((a, b) => a.localeCompare(b, 'en', options))
    assert.deepEqual(sorted, ['a', 'b', 'C'])
  },

  'dates and their parts': ({ pause }) => {
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone: 'UTC',
      get year() {
        return pause('numeric' as const)
      },
    })
    assert.equal(format.format({ valueOf: () => pause(0) } as never), '1970')
    const text = new Date(0).toLocaleString('en-GB', {
      get timeZone() {
        return pause('UTC')
      },
    })
    assert.ok(text.startsWith('01/01/1970'))
  },

  'the items of a list': ({ id, pause }) => {
    function* items(): Generator<string> {
      yield pause(`a${id}`)
      yield pause('b')
    }
    assert.equal(new Intl.ListFormat('en').format(items()), `a${id} and b`)
  },

  'collators, plurals and segments': ({ id, pause }) => {
    const collator = new Intl.Collator('sv')
    const sorted = ['ä', 'z', 'a'].sort((a, b) => pause(collator.compare(a, b)))
    assert.deepEqual(sorted, ['a', 'z', 'ä'])
    assert.equal(new Intl.PluralRules('en').select({ valueOf: () => pause(1) } as never), 'one')
    const words: string[] = []
    for (const { segment } of new Intl.Segmenter('en', { granularity: 'word' }).segment(
      `one ${id}`,
    )) {
      words.push(pause(segment))
    }
    assert.deepEqual(words, ['one', ' ', `${id}`])
  },
})
