import assert from 'node:assert/strict'
import {
  AsyncLocalStorage,
  AsyncResource,
  createHook,
  executionAsyncId,
  executionAsyncResource,
  triggerAsyncId,
} from 'node:async_hooks'
import { test } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import { sleep, spawn, wait } from 'greenthreads'
import { deferred } from '../core/deferred.ts'

interface Ids {
  readonly id: number
  readonly trigger: number
  readonly resource: object
}

function idsHere(): Ids {
  return {
    id: executionAsyncId(),
    trigger: triggerAsyncId(),
    resource: executionAsyncResource(),
  }
}

function assertSame(before: Ids): void {
  const after = idsHere()
  assert.equal(after.id, before.id)
  assert.equal(after.trigger, before.trigger)
  assert.equal(after.resource, before.resource)
}

/** Suspends in all the ways which come back from different places of the loop. */
const waits: readonly (() => void)[] = [
  () => wait(Promise.resolve()),
  () => wait(immediate()),
  () => sleep(1),
]

for (const isHooked of [false, true]) {
  const when = isHooked ? 'while hooks are enabled' : 'without hooks'

  test(`ids and resources are the same after a wait as before, ${when}`, async () => {
    const hook = createHook({ init() {}, before() {}, after() {}, destroy() {} })
    if (isHooked) hook.enable()
    const outside = executionAsyncId()
    const threads = Array.from({ length: 20 }, (_, i) => spawn(nestedScopes, i))
    assert.equal(executionAsyncId(), outside)
    await Promise.all(threads)
    hook.disable()
  })
}

function nestedScopes(seed: number): void {
  const here = idsHere()
  const outer = new AsyncResource('OUTER')
  const inner = new AsyncResource('INNER')
  const suspendSomehow = (i: number): void => (waits[(seed + i) % waits.length] as () => void)()
  suspendSomehow(0)
  assertSame(here)
  outer.runInAsyncScope(() => {
    assert.equal(executionAsyncId(), outer.asyncId())
    const inOuter = idsHere()
    suspendSomehow(1)
    assertSame(inOuter)
    inner.runInAsyncScope(() => {
      const inInner = idsHere()
      suspendSomehow(2)
      assertSame(inInner)
      // The same once more, as an id may be on the stack twice.
      inner.runInAsyncScope(() => {
        suspendSomehow(0)
        assertSame(inInner)
      })
    })
    assertSame(inOuter)
  })
  assertSame(here)
  try {
    outer.runInAsyncScope(() => wait(Promise.reject(new Error('expected'))))
  } catch {
    assertSame(here)
  }
}

test('the context of the spawner is inherited, on new and on used stacks', async () => {
  const storage = new AsyncLocalStorage<string>()
  const body = (): unknown[] => [
    storage.getStore(),
    wait(Promise.resolve()),
    storage.getStore(),
    wait(immediate()),
    storage.getStore(),
  ]
  for (let round = 0; round < 5; round++) {
    const name = `round ${round}`
    const threads = Array.from({ length: 3 }, () => storage.run(name, () => spawn(body)))
    threads.push(spawn(body))
    const seen = (await Promise.all(threads)).map((row) => row.filter((_, i) => i % 2 === 0))
    const rows = [name, name, name, undefined].map((store) => [store, store, store])
    assert.deepEqual(seen, rows)
  }
})

test('five hundred threads keep their values apart, through throws and nested runs', async () => {
  const outer = new AsyncLocalStorage<number>()
  const inner = new AsyncLocalStorage<string>()
  const body = (i: number): void => {
    const check = (): void => assert.equal(outer.getStore(), i)
    check()
    wait(Promise.resolve())
    check()
    inner.run(`inner ${i}`, () => {
      wait(immediate())
      check()
      assert.equal(inner.getStore(), `inner ${i}`)
    })
    assert.equal(inner.getStore(), undefined)
    assert.throws(() => wait(Promise.reject(new Error('expected'))), /expected/)
    check()
    outer.exit(() => {
      wait(Promise.resolve())
      assert.equal(outer.getStore(), undefined)
    })
    check()
    inner.enterWith(`entered ${i}`)
    wait(immediate())
    assert.equal(inner.getStore(), `entered ${i}`)
    check()
  }
  const threads = Array.from({ length: 500 }, (_, i) => outer.run(i, () => spawn(body, i)))
  await Promise.all(threads)
  assert.equal(outer.getStore(), undefined)
  assert.equal(inner.getStore(), undefined)
})

test('what a thread starts in async code has the context of the thread', async () => {
  const storage = new AsyncLocalStorage<string>()
  const thread = storage.run('thread', () =>
    spawn(() => {
      wait(Promise.resolve())
      return wait(
        new Promise<unknown>((resolve) => setTimeout(() => resolve(storage.getStore()), 1)),
      )
    }),
  )
  assert.equal(await thread, 'thread')
})

test('exit in one thread does not touch the store of another, nor of the main stack', async () => {
  const storage = new AsyncLocalStorage<string>()
  const gate = deferred()
  const leaving = storage.run('a', () =>
    spawn(() => {
      const inside = storage.exit(() => {
        wait(gate.promise)
        return storage.getStore()
      })
      return [inside, storage.getStore()]
    }),
  )
  const other = storage.run('b', () =>
    spawn(() => {
      wait(Promise.resolve())
      return storage.getStore()
    }),
  )
  assert.equal(await other, 'b')
  await storage.run('main', async () => {
    await null
    assert.equal(storage.getStore(), 'main')
  })
  gate.resolve()
  assert.deepEqual(await leaving, [undefined, 'a'])
})

test('a thread in a domain keeps it, and the others have none', async () => {
  const domain = await import('node:domain')
  const routed: unknown[] = []
  const domains = [domain.create(), domain.create()]
  const current = (): unknown => (process as { domain?: unknown }).domain
  const threads = domains.map((own, i) =>
    spawn(() =>
      own.run(() => {
        own.on('error', (error: Error) => routed.push([i, error.message]))
        for (const suspendSomehow of waits) {
          suspendSomehow()
          assert.equal(current(), own)
        }
        setTimeout(() => {
          throw new Error(`from ${i}`)
        }, 1)
        sleep(20)
      }),
    ),
  )
  assert.ok(current() === undefined || current() === null)
  await Promise.all(threads)
  assert.ok(current() === undefined || current() === null)
  assert.deepEqual(routed, [
    [0, 'from 0'],
    [1, 'from 1'],
  ])
})
