import assert from 'node:assert/strict'
import { addon } from '#src/binding/addon.js'
import { freeIdleStacks } from '#src/binding/stack-pool.js'

/** Runs `body` and checks that every stack that it took was given back. */
export function withoutLeaks(body: () => void): void {
  const before = stacksInUse()
  body()
  assert.equal(stacksInUse(), before, 'every stack is given back')
}

export function stacksInUse(): number {
  freeIdleStacks()
  return addon.liveStacks()
}
