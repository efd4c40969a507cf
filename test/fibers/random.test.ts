import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import Fiber from 'greenthreads/fibers'
import { stacksInUse } from '../greenlet/stacks.ts'
import { root } from '../support/repository.ts'

interface RandomPrograms {
  digests(fiber: typeof Fiber, count: number): string[]
}

const require = createRequire(import.meta.url)
const { digests }: RandomPrograms = require(`${root}test/dependents/random-programs.cjs`)

/** Of fibers 5 on Node.js 14. Which program differs is told by: npm run test:dependents -- random-programs */
const recorded = '037c56ca14cbfaa3'

test('500 random programs leave the traces that they leave with fibers 5', () => {
  const before = stacksInUse()
  const found = digests(Fiber, 500).join()
  assert.equal(createHash('sha256').update(found).digest('hex').slice(0, 16), recorded)
  assert.equal(stacksInUse(), before)
})
