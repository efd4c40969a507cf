import assert from 'node:assert/strict'
import { test } from 'node:test'
import { regressions } from '../harness/regression.ts'
import type { Report } from '../harness/suite.ts'

test('a ratio that is 20 % worse fails, in the direction of its unit, by the median of the runs', () => {
  const committed = report({
    fast: ['ns', 1],
    slow: ['ns', 1],
    served: ['req/s', 1],
    lost: ['req/s', 1],
  })
  const runs = [
    report({ fast: ['ns', 0.5], slow: ['ns', 1.3], served: ['req/s', 1.5], lost: ['req/s', 0.7] }),
    report({ fast: ['ns', 9], slow: ['ns', 1.25], served: ['req/s', 0.1], lost: ['req/s', 0.8] }),
    report({ fast: ['ns', 1.1], slow: ['ns', 0.2], served: ['req/s', 0.9], lost: ['req/s', 5] }),
  ]
  const wells = regressions(committed, runs).map(({ what, isWell }) => [what, isWell])
  assert.deepEqual(wells, [
    ['fast to async', true],
    ['slow to async', false],
    ['served to async', true],
    ['lost to async', false],
  ])
})

test('what was not committed is left out', () => {
  assert.deepEqual(regressions(report({}), [report({ fresh: ['ns', 1] })]), [])
})

function report(ratios: Record<string, [unit: string, ratio: number]>): Report {
  const results = Object.entries(ratios).map(([name, [unit, median]]) => ({
    name,
    unit,
    value: 1,
    peers: { async: 1 },
    ratios: { async: { median, low: median, high: median } },
  }))
  return { suite: 'core', node: '20.0.0', backend: 'stack', results }
}
