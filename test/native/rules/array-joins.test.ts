import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createContext, runInContext } from 'node:vm'
import { addon } from '../../support/addon.ts'
import { Coroutine } from '../../support/raw-coroutine.ts'
import { finish, suspendMany, withoutLeaks } from '../../support/suspended.ts'

/** What the addon asks for, of the context whose joins are to be protected. */
const joinForever = 'suspend => () => { [{ toString: () => { for (;;) suspend() } }].join() }'

const pausing = (text: string): object => ({
  toString() {
    Coroutine.suspend()
    return text
  },
})

const joining = (tag: number): Coroutine =>
  new Coroutine(() => [tag, pausing('a'), [pausing('b')]].join('-'))

/** Resumes every coroutine to its end, each time the one that `pick` chooses. */
function finishAll(coroutines: Coroutine[], pick: (count: number) => number): unknown[] {
  const results: unknown[] = []
  const living = [...coroutines.entries()]
  while (living.length > 0) {
    const place = pick(living.length)
    const [index, coroutine] = living[place] as [number, Coroutine]
    results[index] = coroutine.resume()
    if (coroutine.isDone) living.splice(place, 1)
  }
  return results
}

const expected = (count: number): string[] =>
  Array.from({ length: count }, (_, tag) => `${tag}-a-b`)

// V8 keeps one stack of the arrays that are being joined per context, and relies on its order.
describe('joins that overlap', () => {
  const orders: Record<string, (count: number) => number> = {
    'in the order of their start': () => 0,
    'in the reverse order': (count) => count - 1,
    'from the middle': (count) => count >> 1,
  }
  for (const [order, pick] of Object.entries(orders)) {
    test(`end ${order} with the right text`, () => {
      withoutLeaks(() => {
        const joins = Array.from({ length: 12 }, (_, tag) => joining(tag))
        for (const join of joins) join.resume()
        assert.deepEqual(finishAll(joins, pick), expected(12))
      })
    })
  }

  test('stay right when the main stack joins in between', () => {
    withoutLeaks(() => {
      const joins = Array.from({ length: 6 }, (_, tag) => joining(tag))
      const results = finishAll(joins, (count) => {
        assert.equal([1, [2, [3]]].join(), '1,2,3')
        const inside = { toString: () => finish(joining(9)) }
        assert.equal([inside, inside].join('|'), '9-a-b|9-a-b')
        return count - 1
      })
      assert.deepEqual(results, expected(6))
    })
  })

  test('survive an error that leaves one of them', () => {
    withoutLeaks(() => {
      const joins = Array.from({ length: 6 }, (_, tag) => joining(tag))
      for (const join of joins) join.resume()
      assert.throws(() => joins[2]?.throwInto(new Error('out of a join')))
      const rest = joins.filter((join) => !join.isDone)
      assert.deepEqual(
        finishAll(rest, () => 0),
        expected(6).filter((_, tag) => tag !== 2),
      )
    })
  })

  test('survive the end of a coroutine that is suspended elsewhere', () => {
    withoutLeaks(() => {
      const joins = Array.from({ length: 4 }, (_, tag) => joining(tag))
      for (const join of joins) join.resume()
      const [victim] = suspendMany(1) as [Coroutine]
      victim.destroy()
      assert.deepEqual(
        finishAll(joins, () => 0),
        expected(4),
      )
    })
  })

  test('survive the end of an idle stack', () => {
    withoutLeaks(() => {
      const slots = [addon.create(256 * 1024), addon.create(256 * 1024)]
      const joins = Array.from({ length: 4 }, (_, tag) => joining(tag))
      for (const join of joins) join.resume()
      for (const slot of slots) addon.destroy(slot)
      assert.deepEqual(
        finishAll(joins, () => 0),
        expected(4),
      )
    })
  })

  test('survive the end of one of them', () => {
    withoutLeaks(() => {
      const joins = Array.from({ length: 4 }, (_, tag) => joining(tag))
      for (const join of joins) join.resume()
      joins[1]?.destroy()
      const rest = joins.filter((join) => !join.isDone)
      assert.deepEqual(
        finishAll(rest, () => 0),
        expected(4).filter((_, tag) => tag !== 1),
      )
      // The stack of the context is whole again for whoever joins next.
      const more = Array.from({ length: 4 }, (_, tag) => joining(tag))
      for (const join of more) join.resume()
      assert.deepEqual(
        finishAll(more, () => 0),
        expected(4),
      )
    })
  })
})

test('joins that overlap in one vm context end with the right text', () => {
  withoutLeaks(() => {
    const context = createContext({ pause: () => Coroutine.suspend() })
    addon.protectJoins(runInContext(joinForever, context))
    const code = "[1, { toString() { pause(); return 'x' } }, 3].join('-')"
    const joins = Array.from({ length: 5 }, () => new Coroutine(() => runInContext(code, context)))
    for (const join of joins) join.resume()
    assert.deepEqual(
      finishAll(joins, () => 0),
      new Array(5).fill('1-x-3'),
    )
  })
})
