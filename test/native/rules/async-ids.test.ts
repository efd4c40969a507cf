import assert from 'node:assert/strict'
import {
  AsyncResource,
  createHook,
  executionAsyncId,
  executionAsyncResource,
  triggerAsyncId,
} from 'node:async_hooks'
import { test } from 'node:test'
import { addon } from '../../support/addon.ts'
import { Random } from '../../support/random.ts'
import { Coroutine } from '../../support/raw-coroutine.ts'
import { finish, withoutLeaks } from '../../support/suspended.ts'
import { nodeMajor } from '../../support/versions.ts'

/** Node 24 keeps the resources of scopes entered by JavaScript where nobody can put them back. */
const hasResources = nodeMajor < 24

const snapshot = (): unknown[] => [
  executionAsyncId(),
  triggerAsyncId(),
  hasResources ? executionAsyncResource() : undefined,
]

function checkNested(depth: number): void {
  const before = snapshot()
  Coroutine.suspend()
  assert.deepEqual(snapshot(), before)
  if (depth > 0) new AsyncResource('Nested').runInAsyncScope(checkNested, undefined, depth - 1)
  Coroutine.suspend()
  assert.deepEqual(snapshot(), before)
}

test('the addon offers what saves and restores async ids', () => {
  assert.equal(typeof addon.pushAsyncContext, 'function')
  assert.equal(typeof addon.popAsyncContext, 'function')
})

test('ids and resources are the same after a suspension as before, however deep', () => {
  withoutLeaks(() => {
    const outside = snapshot()
    const random = new Random()
    const coroutines = Array.from({ length: 10 }, () => new Coroutine(() => checkNested(4)))
    for (let living = coroutines; living.length > 0; ) {
      random.pick(living).resume()
      assert.deepEqual(snapshot(), outside, `seed ${random.seed}`)
      living = living.filter((coroutine) => !coroutine.isDone)
    }
  })
})

test('before and after of async_hooks stay balanced', () => {
  const open: number[] = []
  const hook = createHook({
    before: (id) => void open.push(id),
    after: (id) => void open.splice(open.lastIndexOf(id), 1),
  }).enable()
  try {
    withoutLeaks(() => {
      const coroutines = [1, 2, 3].map((depth) => new Coroutine(() => checkNested(depth)))
      while (coroutines.some((coroutine) => !coroutine.isDone)) {
        for (const coroutine of coroutines) if (!coroutine.isDone) coroutine.resume()
      }
    })
    assert.deepEqual(open, [])
  } finally {
    hook.disable()
  }
})

test('an error that leaves nested scopes restores the ids of whoever resumed it', () => {
  withoutLeaks(() => {
    const outside = snapshot()
    const coroutine = new Coroutine(() =>
      new AsyncResource('Outer').runInAsyncScope(() =>
        new AsyncResource('Inner').runInAsyncScope(() => Coroutine.suspend()),
      ),
    )
    coroutine.resume()
    assert.throws(() => coroutine.throwInto(new Error('out')), { message: 'out' })
    assert.deepEqual(snapshot(), outside)
  })
})

test('a coroutine that is destroyed inside nested scopes restores the ids', () => {
  withoutLeaks(() => {
    const outside = snapshot()
    const coroutine = new Coroutine(() => checkNested(3))
    for (let step = 0; step < 3; step++) coroutine.resume()
    coroutine.destroy()
    assert.deepEqual(snapshot(), outside)
  })
})

test('a coroutine that finishes elsewhere leaves no ids behind', () => {
  withoutLeaks(() => {
    const outside = snapshot()
    const second = new Coroutine(() => checkNested(2))
    const first = new Coroutine(() =>
      new AsyncResource('Scope').runInAsyncScope(() => {
        const inside = snapshot()
        Coroutine.transferTo(second)
        assert.deepEqual(snapshot(), inside)
      }),
    )
    first.resume()
    assert.deepEqual(snapshot(), outside)
    finish(second)
    finish(first)
    assert.deepEqual(snapshot(), outside)
  })
})
