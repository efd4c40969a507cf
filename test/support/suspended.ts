import assert from 'node:assert/strict'
import { addon } from './addon.ts'
import { Coroutine, dropIdleStacks } from './raw-coroutine.ts'

/** Coroutines that hold `depth` frames and some young objects each, suspended for ever unless resumed. */
export function suspendMany(count: number, depth = 5): Coroutine[] {
  return Array.from({ length: count }, (_, index) => {
    const coroutine = new Coroutine(() => {
      const kept = { index, list: [index, { index }] }
      descend(depth)
      assert.deepEqual(kept, { index, list: [index, { index }] })
      return index
    })
    coroutine.resume()
    return coroutine
  })
}

function descend(depth: number): number {
  if (depth > 0) return descend(depth - 1) + 1
  Coroutine.suspend()
  return 0
}

/** Runs `body` and checks that every stack it took was given back. */
export function withoutLeaks(body: () => void): void {
  const before = countedStacks()
  body()
  assertStacks(before)
}

/** As `withoutLeaks`, for a body that awaits. */
export async function withoutLeaksAsync(body: () => Promise<void>): Promise<void> {
  const before = countedStacks()
  await body()
  assertStacks(before)
}

/** Without those which an earlier test left for reuse. */
function countedStacks(): number {
  dropIdleStacks()
  return addon.liveStacks()
}

function assertStacks(before: number): void {
  dropIdleStacks()
  assert.equal(addon.liveStacks(), before, 'every stack is given back')
}

/** Resumes until the end. */
export function finish(coroutine: Coroutine): unknown {
  let last: unknown
  while (!coroutine.isDone) last = coroutine.resume()
  return last
}
