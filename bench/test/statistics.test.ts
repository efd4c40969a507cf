import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare } from '../harness/comparison.ts'
import { quantile, spreadOf } from '../harness/statistics.ts'

test('a quantile lies between its neighbours', () => {
  assert.equal(quantile([3, 1, 2], 0.5), 2)
  assert.equal(quantile([1, 2, 3, 4], 0.5), 2.5)
  assert.equal(quantile([5], 0.25), 5)
  assert.deepEqual(spreadOf([5, 1, 3, 2, 4]), { median: 3, low: 2, high: 4 })
  assert.throws(() => quantile([], 0.5), RangeError)
})

test('samples alternate, warm-ups are left out, and ratios are formed within a pair', async () => {
  const turns: string[] = []
  const sampler = (name: string, values: number[]) => () => {
    turns.push(name)
    return values.shift() ?? assert.fail()
  }
  const comparison = await compare(
    sampler('green', [1000, 2, 4, 30]),
    { async: sampler('async', [1000, 1, 1, 10]) },
    { rounds: 3, warmUps: 1 },
  )
  assert.equal(turns.join(' '), Array(4).fill('green async').join(' '))
  assert.equal(comparison.value, 4)
  assert.deepEqual(comparison.peers, { async: 1 })
  // Of the pairs 2, 4 and 3; the ratio of the medians would be 4.
  assert.equal(comparison.ratios.async?.median, 3)
})
