import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OpenedParts } from '../src/opened-parts.ts'

describe('the parts that a program has opened', () => {
  test('are closed once, the last one first', () => {
    const closed: string[] = []
    const opened = new OpenedParts()
    for (const part of ['database', 'upstreams', 'server']) {
      assert.equal(
        opened.add(part, part, () => closed.push(part)),
        part,
      )
    }
    opened.close()
    opened.close()
    assert.deepEqual(closed, ['server', 'upstreams', 'database'])
  })

  test('are closed after one that can not be, which is named', () => {
    const closed: string[] = []
    const opened = new OpenedParts()
    const cause = new Error('in use')
    opened.add('database', undefined, () => closed.push('database'))
    opened.add('upstreams', undefined, () => {
      throw cause
    })
    assert.throws(() => opened.close(), { message: 'The upstreams could not be closed.', cause })
    assert.deepEqual(closed, ['database'])
  })

  test('that are abandoned tell why, and what failed after it', () => {
    const why = new Error('no port')
    assert.equal(new OpenedParts().abandon(why), why)
    const opened = new OpenedParts()
    for (const name of ['one', 'other']) {
      opened.add(name, undefined, () => {
        throw new Error(name)
      })
    }
    const both = opened.abandon(why)
    assert.ok(both instanceof AggregateError)
    assert.equal(both.cause, why)
    assert.equal(both.errors[0], why)
    assert.match(String(both.errors[1]), /Several parts were not closed/)
  })
})
