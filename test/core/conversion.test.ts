import assert from 'node:assert/strict'
import { AsyncLocalStorage, AsyncResource, executionAsyncId } from 'node:async_hooks'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { current, spawn, toAsync, toSync, wait } from 'greenthreads'
import { deferred } from './deferred.ts'

test('toAsync runs each call in a green thread and returns a promise', async () => {
  const add = toAsync((a: number, b: number) => wait(Promise.resolve(a)) + b)
  const promise = add(1, 2)
  assert.ok(promise instanceof Promise)
  assert.equal(await promise, 3)
})

test('toAsync rejects with what the function throws, at once or later', async () => {
  const early = toAsync(() => {
    throw new Error('early')
  })
  const late = toAsync(() => {
    wait(Promise.resolve())
    throw new Error('late')
  })
  await assert.rejects(early(), /early/)
  await assert.rejects(late(), /late/)
})

test('toAsync keeps name, length and this', async () => {
  const object = {
    factor: 3,
    times: toAsync(function times(this: { factor: number }, n: number) {
      return this.factor * wait(Promise.resolve(n))
    }),
  }
  assert.equal(object.times.name, 'times')
  assert.equal(object.times.length, 1)
  assert.equal(await object.times(2), 6)
})

test('toSync waits for the result of an async function', async () => {
  const readFileSync = toSync(readFile)
  assert.equal(readFileSync.name, 'readFile')
  const thread = spawn(() => readFileSync(new URL(import.meta.url), 'utf8'))
  assert.match(String(await thread), /toSync waits/)
})

test('toSync keeps name, length and this, and throws what the promise is rejected with', async () => {
  const object = {
    id: 7,
    load: toSync(async function load(this: { id: number }, suffix: string) {
      if (suffix === '') throw new Error('empty')
      return this.id + suffix
    }),
  }
  assert.equal(object.load.name, 'load')
  assert.equal(object.load.length, 1)
  const thread = spawn(() => {
    assert.throws(() => object.load(''), /empty/)
    return object.load('!')
  })
  assert.equal(await thread, '7!')
})

test('outside of a thread, toSync fails before it calls the function', () => {
  let isCalled = false
  const load = toSync(async function load() {
    isCalled = true
  })
  assert.throws(() => load(), { code: 'ERR_GT_NOT_IN_GREEN_THREAD', message: /^load\(\) was/ })
  assert.equal(isCalled, false)
})

test('conversions nest: to async inside to sync inside to async', async () => {
  const inner = toAsync((n: number) => wait(Promise.resolve(n)) + 1)
  const middle = toSync(async (n: number) => (await inner(n)) * 10)
  const outer = toAsync((n: number) => middle(n) + middle(n + 1))
  assert.equal(await outer(1), 20 + 30)
})

test('siblings convert async to sync at the same time', async () => {
  const gate = deferred<number>()
  const load = toSync(async (n: number) => (await gate.promise) + n)
  const siblings = [1, 2, 3].map((n) => toAsync(() => load(n))())
  gate.resolve(10)
  assert.deepEqual(await Promise.all(siblings), [11, 12, 13])
})

test('the async context crosses both conversions', async () => {
  const storage = new AsyncLocalStorage<string>()
  const inner = toSync(async () => {
    await null
    return storage.getStore()
  })
  const outer = toAsync(() => [storage.getStore(), inner(), storage.getStore()])
  assert.deepEqual(await storage.run('a', outer), ['a', 'a', 'a'])
})

test('an error of a promise shows where the thread waited', async () => {
  const fail = (): Promise<never> =>
    new Promise((_, reject) => setImmediate(() => reject(new Error('from the loop'))))
  function businessFunction(): never {
    return wait(fail())
  }
  const thread = spawn(function handler() {
    return businessFunction()
  })
  await assert.rejects(
    async () => await thread,
    (error: Error) => {
      assert.match(
        error.stack ?? '',
        /from the loop[\s\S]*waited for by green thread[\s\S]*businessFunction[\s\S]*handler/,
      )
      assert.doesNotMatch((error.stack ?? '').split('waited for')[1] ?? '', /dist\/core/)
      return true
    },
  )
})

test('stack shows where a suspended thread waits, and changes nothing', async () => {
  const gate = deferred<string>()
  function innermost(): string {
    return wait(gate.promise)
  }
  const thread = spawn(function outermost() {
    return innermost()
  })
  for (let i = 0; i < 3; i++) {
    assert.match(
      thread.stack(),
      /^green thread \d+ \(outermost\)\n[\s\S]*innermost[\s\S]*outermost/,
    )
  }
  const nested = spawn(function nested() {
    return new AsyncResource('SCOPE').runInAsyncScope(() => {
      const id = executionAsyncId()
      wait(gate.promise)
      return executionAsyncId() === id
    })
  })
  assert.match(nested.stack(), /nested/)
  assert.equal(thread.state, 'suspended')
  gate.resolve('done')
  assert.equal(await nested, true)
  assert.equal(await thread, 'done')
  assert.equal(thread.stack(), '')
  await spawn(function running() {
    assert.match(current()?.stack() ?? '', /running/)
  })
})
