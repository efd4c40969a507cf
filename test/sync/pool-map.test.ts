import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { after, test } from 'node:test'
import {
  Cancelled,
  current,
  Pool,
  scope,
  shield,
  sleep,
  spawn,
  TimedOut,
  wait,
  withTimeout,
} from 'greenthreads'
import { assertNoThreadsLeft, untilParked, useVirtualClock } from 'greenthreads/testing'
import { type Deferred, deferred, never } from '../core/deferred.ts'

after(() => assertNoThreadsLeft())

test('map gives the results in the order of the items, with at most `size` calls at a time', async () => {
  using clock = useVirtualClock()
  const pool = new Pool(3)
  let running = 0
  let most = 0
  const results = spawn(() =>
    pool.map([50, 10, 40, 20, 30], (ms, index) => {
      most = Math.max(most, ++running)
      sleep(ms)
      running--
      return `${index}: ${ms}`
    }),
  )
  await clock.advance(100)
  assert.deepEqual(await results, ['0: 50', '1: 10', '2: 40', '3: 20', '4: 30'])
  assert.equal(most, 3)
  assert.equal(pool.active, 0)
})

test('map of nothing is nothing, and promises that calls return are waited for', async () => {
  const pool = new Pool(2)
  assert.deepEqual(await spawn(() => pool.map([], assert.fail)), [])
  assert.deepEqual(await spawn(() => pool.map('ab', async (letter) => letter + letter)), [
    'aa',
    'bb',
  ])
})

test('the first error cancels the other calls and is thrown when they have ended', async () => {
  const pool = new Pool(3)
  const error = new Error('item 1 is bad')
  const log: string[] = []
  const gate = deferred()
  const thread = spawn(() =>
    pool.map([0, 1, 2, 3, 4], (item) => {
      log.push(`${item} begins`)
      if (item === 1) {
        wait(gate.promise)
        throw error
      }
      try {
        wait(never)
      } catch (cancelled) {
        assert.equal((cancelled as Error).cause, error)
        shield(() => wait(untilParked()))
        log.push(`${item} is cleaned up`)
        throw new Error('this one comes too late')
      }
    }),
  )
  gate.resolve()
  await assert.rejects(async () => await thread, error)
  assert.deepEqual(log, ['0 begins', '1 begins', '2 begins', '0 is cleaned up', '2 is cleaned up'])
  assert.equal(pool.active, 0)
})

test('who is cancelled in map cancels the calls and waits for their end', async () => {
  const pool = new Pool(2)
  let ended = 0
  const caller = spawn(() =>
    pool.map([1, 2, 3], () => {
      try {
        wait(never)
      } finally {
        shield(() => wait(untilParked()))
        ended++
      }
    }),
  )
  caller.cancel('enough')
  await assert.rejects(async () => await caller, { code: 'ERR_GT_CANCELLED', cause: 'enough' })
  assert.equal(caller.state, 'cancelled')
  assert.equal(ended, 2)
  assert.equal(pool.active, 0)
})

test('a deadline around map ends the calls', async () => {
  using clock = useVirtualClock()
  const pool = new Pool(2)
  const thread = spawn(() => withTimeout(10, () => pool.map([1, 2, 3], () => sleep(1000))))
  const end = assert.rejects(async () => await thread, TimedOut)
  await clock.advance(10)
  await end
  assert.equal(pool.active, 0)
  assert.equal(clock.pending, 0)
})

test('a call that is cancelled by pool.cancel makes map fail', async () => {
  const pool = new Pool(2)
  const thread = spawn(() => pool.map([1, 2, 3], () => wait(never)))
  pool.cancel('all out')
  await assert.rejects(async () => await thread, { code: 'ERR_GT_CANCELLED', cause: 'all out' })
  assert.equal(pool.active, 0)
})

test('map by threads of a pool that is full gets on', async () => {
  const pool = new Pool(2)
  const level = (depth: number): number => {
    wait(untilParked())
    if (depth === 0) return 1
    return pool.map([1, 2, 3], () => level(depth - 1)).reduce((sum, part) => sum + part)
  }
  const results = spawn(() => pool.map([1, 2, 3], () => level(2)))
  assert.deepEqual(await results, [9, 9, 9])
  assert.equal(pool.active, 0)
})

test('those who wait for a place get one between two items of a map', async () => {
  const pool = new Pool(1)
  const gates: Deferred<void>[] = [0, 1, 2].map(() => deferred())
  const log: string[] = []
  const map = spawn(() =>
    pool.map(gates, (gate, index) => {
      wait(gate.promise)
      log.push(`item ${index}`)
    }),
  )
  const other = spawn(() => pool.spawn(() => log.push('the other one')).join())
  gates[0]?.resolve()
  await other
  assert.deepEqual(log, ['item 0', 'the other one'])
  for (const gate of gates) gate.resolve()
  await map
  assert.deepEqual(log.slice(2), ['item 1', 'item 2'])
})

test('two maps share a pool', async () => {
  const pool = new Pool(2)
  const order: string[] = []
  const mapped = (name: string): unknown =>
    pool.map([1, 2, 3, 4], (item) => {
      wait(untilParked())
      order.push(`${name}${item}`)
    })
  await Promise.all([spawn(mapped, 'a'), spawn(mapped, 'b')])
  assert.equal(order.length, 8)
  assert.ok(
    order.indexOf('b1') < order.indexOf('a4'),
    `b did not have to wait for all of a: ${order}`,
  )
})

test('a map that is done does not wait for places that it asked for', async () => {
  const pool = new Pool(2)
  const busy = pool.spawn(() => wait(never))
  const thread = spawn(() => pool.map([1, 2, 3], (item) => wait(Promise.resolve(item))))
  assert.deepEqual(await thread, [1, 2, 3])
  await untilParked()
  assert.equal(pool.waiting, 0)
  assert.equal(pool.available, 1)
  busy.cancel()
  await assert.rejects(async () => await busy, Cancelled)
  assert.equal(pool.available, 2)
})

test('calls see the async context of the caller', async () => {
  const storage = new AsyncLocalStorage<string>()
  const pool = new Pool(2)
  const busy = pool.spawn(() => wait(untilParked()))
  const seen = await storage.run('request 7', () =>
    spawn(() =>
      pool.map([1, 2, 3, 4], () => {
        wait(untilParked())
        return storage.getStore()
      }),
    ),
  )
  await busy
  assert.deepEqual(seen, Array(4).fill('request 7'))
})

test('a scope around map neither counts its calls nor loses them', async () => {
  const pool = new Pool(3)
  const limited = spawn(() =>
    scope(() => pool.map([1, 2, 3], (item) => wait(Promise.resolve(item * 2))), { limit: 1 }),
  )
  assert.deepEqual(await limited, [2, 4, 6])
  let ended = 0
  const error = new Error('another part failed')
  const failed = spawn(() =>
    scope((s) => {
      s.spawn(() => {
        wait(untilParked())
        throw error
      })
      pool.map([1, 2], () => {
        try {
          wait(never)
        } finally {
          ended++
        }
      })
    }),
  )
  await assert.rejects(async () => await failed, error)
  assert.equal(ended, 2)
  assert.equal(pool.active, 0)
})

test('a thread spawned in a pool belongs to the scope of the one who spawned it', async () => {
  const pool = new Pool(1)
  const gate = deferred()
  const log: string[] = []
  const thread = spawn(() => {
    scope(() => {
      pool.spawn(() => {
        wait(gate.promise)
        log.push('the thread ends')
      })
    })
    log.push('the scope ends')
  })
  await untilParked()
  gate.resolve()
  await thread
  assert.deepEqual(log, ['the thread ends', 'the scope ends'])
})

test('workers run in threads of the pool, named after the function', async () => {
  const pool = new Pool(2, { name: 'loaders' })
  const names = await spawn(() => [
    ...pool.map([1], function load() {
      return current()?.name
    }),
    ...pool.map([1], () => current()?.name),
  ])
  assert.deepEqual(names, ['load', 'loaders'])
})
