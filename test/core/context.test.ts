import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import {
  Cancelled,
  scope,
  shield,
  sleep,
  spawn,
  TimedOut,
  toAsync,
  toSync,
  wait,
  withTimeout,
} from 'greenthreads'
import { useVirtualClock } from 'greenthreads/testing'
import { never } from './deferred.ts'

const storage = new AsyncLocalStorage<string>()

function assertStore(expected: string): void {
  assert.equal(storage.getStore(), expected)
}

test('values survive a throw, a timeout and a cancellation', async () => {
  const clock = useVirtualClock()
  try {
    const body = (): void => {
      assert.throws(() => wait(Promise.reject(new Error('expected'))), /expected/)
      assertStore('a value')
      assert.throws(() => withTimeout(10, () => wait(never)), TimedOut)
      assertStore('a value')
      storage.run('nested', () => {
        assert.throws(() => withTimeout(10, () => sleep(100)), TimedOut)
        assertStore('nested')
      })
      assertStore('a value')
      try {
        wait(never)
      } catch (error) {
        assert.ok(error instanceof Cancelled)
        assertStore('a value')
        shield(() => sleep(1))
        assertStore('a value')
      }
    }
    const thread = storage.run('a value', () => spawn(body))
    await clock.advance(30)
    storage.run('of the canceller', () => thread.cancel())
    await clock.runUntil(thread)
    assert.equal(storage.getStore(), undefined)
  } finally {
    clock.restore()
  }
})

test('threads of a scope inherit the value of who spawns them, and keep it when they are cancelled', async () => {
  const seen: unknown[] = []
  const body = (): void => {
    try {
      wait(never)
    } finally {
      seen.push(storage.getStore())
    }
  }
  const thread = storage.run('of the owner', () =>
    spawn(() =>
      scope((s) => {
        s.spawn(body)
        storage.run('of a part', () => s.spawn(body))
        s.cancel()
        assertStore('of the owner')
      }),
    ),
  )
  await thread
  assert.deepEqual(seen, ['of the owner', 'of a part'])
})

test('five hundred tasks keep their values apart, from async code to threads and back', async () => {
  const inThread = toAsync((name: string, depth: number): void => {
    assertStore(name)
    wait(Promise.resolve())
    assertStore(name)
    if (depth > 0) toSync(inAsync)(name, depth - 1)
    assertStore(name)
  })
  async function inAsync(name: string, depth: number): Promise<void> {
    assertStore(name)
    await null
    await inThread(name, depth)
    assertStore(name)
  }
  const names = Array.from({ length: 500 }, (_, i) => `task ${i}`)
  await Promise.all(names.map((name) => storage.run(name, () => inAsync(name, 2))))
})

test('a stack at rest keeps nothing of the context of its last thread', async () => {
  const storages = new AsyncLocalStorage<object>()
  const stores = Array.from({ length: 5 }, () => new WeakRef({ of: 'a request' }))
  await Promise.all(
    stores.map((store) =>
      storages.run(store.deref() as object, () => spawn(() => sleep(1)).toPromise()),
    ),
  )
  // What a turn of the event loop has touched is kept until its end.
  await new Promise((resolve) => setImmediate(resolve))
  gc?.()
  const kept = stores.filter((store) => store.deref() !== undefined)
  // Node.js, or V8, may have the context of the last callback at hand still.
  assert.ok(kept.length <= 1, `${kept.length} of 5 are kept`)
})
