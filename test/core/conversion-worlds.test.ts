import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { GreenThread, Local, sleep, spawn, toAsync, toSync, wait, yieldNow } from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { untilParked, useVirtualClock } from 'greenthreads/testing'
import { deferred } from './deferred.ts'

const storage = new AsyncLocalStorage<number>()

/** Fails unless the value of this task is seen, before and after a turn of the loop. */
async function checkAsync(id: number): Promise<void> {
  assert.equal(storage.getStore(), id)
  await untilParked()
  assert.equal(storage.getStore(), id)
}

function checkGreen(id: number): void {
  assert.equal(storage.getStore(), id)
  yieldNow()
  assert.equal(storage.getStore(), id)
}

/** Async code around a green thread around async code, and so on. */
async function fromAsync(id: number, depth: number): Promise<number> {
  await checkAsync(id)
  const below = depth === 0 ? 0 : await toAsync(fromGreen)(id, depth - 1)
  await checkAsync(id)
  return below + 1
}

function fromGreen(id: number, depth: number): number {
  checkGreen(id)
  const below = depth === 0 ? 0 : toSync(fromAsync)(id, depth - 1)
  checkGreen(id)
  return below + 1
}

test('500 async tasks drive green threads, and 500 threads drive async code, at once, three deep', async () => {
  const ids = Array.from({ length: 500 }, (_, i) => i)
  const tasks = ids.map((id) => storage.run(id, fromAsync, id, 3))
  const threads = ids.map((id) => storage.run(id + 500, () => spawn(fromGreen, id + 500, 3)))
  assert.deepEqual(await Promise.all([...tasks, ...threads]), new Array(1000).fill(4))
  assert.equal(storage.getStore(), undefined)
  assert.equal(suspendedThreads().length, 0)
})

test('context values survive a throw and a timeout on their way through both worlds', async () => {
  using clock = useVirtualClock()
  const fail = toSync(async () => {
    await null
    throw new Error('thrown')
  })
  const task = storage.run(7, () =>
    toAsync(() => {
      assert.throws(fail, /thrown/)
      assert.equal(storage.getStore(), 7)
      const late = spawn(() => sleep(1000))
      assert.throws(() => late.join(10), { code: 'ERR_GT_TIMED_OUT' })
      assert.equal(storage.getStore(), 7)
      late.cancel()
      return storage.getStore()
    })(),
  )
  await clock.advance(10)
  assert.equal(await task, 7)
})

test('what enterWith sets in a thread stays there, and what a store holds is shared', async () => {
  const shared = new AsyncLocalStorage<{ user: string }>()
  await shared.run({ user: 'nobody' }, async () => {
    const signIn = toAsync((user: string) => {
      wait(untilParked())
      const store = shared.getStore() as { user: string }
      store.user = user
      shared.enterWith({ user: 'in the thread' })
      wait(untilParked())
      assert.equal(shared.getStore()?.user, 'in the thread')
      if (user === 'eve') throw new Error('refused')
    })
    await signIn('ann')
    assert.equal(shared.getStore()?.user, 'ann')
    await assert.rejects(signIn('eve'), /refused/)
    assert.equal(shared.getStore()?.user, 'eve')
    const unsuspended = toAsync(() => shared.enterWith({ user: 'at once' }))
    await unsuspended()
    assert.equal(shared.getStore()?.user, 'eve')
  })
})

test('what enterWith sets in async code after its first await stays there', async () => {
  const shared = new AsyncLocalStorage<string>()
  const change = toSync(async () => {
    await null
    shared.enterWith('in the function')
    await null
  })
  const thread = shared.run('outside', () =>
    spawn(() => {
      change()
      return shared.getStore()
    }),
  )
  assert.equal(await thread, 'outside')
})

test('a Local belongs to its thread and crosses no conversion', async () => {
  const local = new Local<string>()
  const inner = toAsync(() => {
    const before = local.get()
    local.set('inner')
    return before
  })
  const thread = spawn(() => {
    local.set('outer')
    const seen = toSync(async () => {
      await null
      return [local.get(), await inner()]
    })()
    return [...seen, local.get()]
  })
  assert.deepEqual(await thread, [undefined, undefined, 'outer'])
})

test('each form of a thread and of a promise can be waited for from either side', async () => {
  const gate = deferred<string>()
  const thread = spawn(() => wait(gate.promise))
  const asPromise = thread.toPromise()
  const asThread = GreenThread.from(asPromise)
  const green = spawn(() => [thread.join(), wait(asPromise), asThread.join(), wait(asThread)])
  gate.resolve('same')
  assert.deepEqual(await green, ['same', 'same', 'same', 'same'])
  assert.deepEqual([await thread, await asPromise, await asThread], ['same', 'same', 'same'])
})
