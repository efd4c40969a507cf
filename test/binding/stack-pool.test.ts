import assert from 'node:assert/strict'
import { AsyncLocalStorage, createHook } from 'node:async_hooks'
import { test } from 'node:test'
import { spawn, wait } from 'greenthreads'
import { addon } from '#src/binding/addon.js'
import { freeIdleStacks, stackPool } from '#src/binding/stack-pool.js'
import { deferred } from '../core/deferred.ts'

/** Lets this many threads be suspended at the same time. */
async function suspendMany(count: number): Promise<void> {
  const gate = deferred()
  const threads = Array.from({ length: count }, () => spawn(() => wait(gate.promise)))
  gate.resolve()
  await Promise.all(threads)
}

const pool = stackPool(1024 * 1024)

// The first one: later ones find the timer running that the first idle stack starts.
test('the timer that gives idle stacks back is made outside of the async context of who made the first idle', () => {
  const storage = new AsyncLocalStorage<string>()
  const contexts: unknown[] = []
  const hook = createHook({
    init: (_id, type) => {
      if (type === 'Timeout') contexts.push(storage.getStore())
    },
  }).enable()
  storage.run('of a thread', () => spawn(() => setTimeout(() => {}, 1)))
  hook.disable()
  assert.deepEqual(contexts, ['of a thread', undefined])
})

test('a stack serves one thread after the other', async () => {
  freeIdleStacks()
  const before = addon.liveStacks()
  for (let i = 0; i < 100; i++) spawn(() => i)
  assert.equal(addon.liveStacks(), before + 1)
  await suspendMany(10)
  await suspendMany(10)
  assert.equal(addon.liveStacks(), before + 10)
})

test('idle stacks beyond those kept warm are freed when they stay unused', async () => {
  freeIdleStacks()
  const before = addon.liveStacks()
  await suspendMany(300)
  assert.equal(addon.liveStacks(), before + 300)
  pool.trim() // used since the last time
  assert.equal(addon.liveStacks(), before + 300)
  assert.equal(pool.trim(), true)
  assert.equal(addon.liveStacks(), before + 256)
  assert.equal(pool.trim(), false)
  assert.equal(addon.liveStacks(), before + 256)
  await suspendMany(300)
  freeIdleStacks()
  assert.equal(addon.liveStacks(), before)
})

test('stacks that are in use are not touched', async () => {
  const gate = deferred<string>()
  const thread = spawn(() => wait(gate.promise))
  await suspendMany(300)
  for (let i = 0; i < 3; i++) pool.trim()
  freeIdleStacks()
  gate.resolve('intact')
  assert.equal(await thread, 'intact')
})
