import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  Cancelled,
  current,
  NotInGreenThreadError,
  Pool,
  PoolFullError,
  type PoolOptions,
  sleep,
  spawn,
  TimedOut,
  wait,
} from 'greenthreads'
import { assertNoThreadsLeft, untilParked, useVirtualClock } from 'greenthreads/testing'
import { deferred, never } from '../core/deferred.ts'
import { runScript } from '../core/script.ts'

after(() => assertNoThreadsLeft())

test('a full pool lets those who spawn wait, and serves them in order', async () => {
  const pool = new Pool(2)
  const gates = [0, 1, 2, 3].map(() => deferred())
  const log: string[] = []
  const work = (number: number): void => {
    log.push(`${number} begins`)
    wait(gates[number]?.promise)
  }
  const spawners = [0, 1, 2, 3].map((number) =>
    spawn(() => {
      const thread = pool.spawn(work, number)
      log.push(`${number} is spawned`)
      return thread.join()
    }),
  )
  assert.deepEqual(log, ['0 begins', '0 is spawned', '1 begins', '1 is spawned'])
  assert.deepEqual([pool.active, pool.available, pool.waiting, pool.size], [2, 0, 2, 2])
  gates[1]?.resolve()
  await untilParked()
  assert.deepEqual(log.slice(4), ['2 begins', '2 is spawned'])
  for (const gate of gates) gate.resolve()
  await Promise.all(spawners)
  assert.deepEqual(log.slice(6), ['3 begins', '3 is spawned'])
  assert.deepEqual([pool.active, pool.available, pool.waiting], [0, 2, 0])
})

test('a thread of a pool is a thread like any other', async () => {
  const pool = new Pool(1, { name: 'workers' })
  const gate = deferred<number>()
  const add = (a: number, b: Promise<number>): number => a + wait(b)
  const named = pool.spawn(add, 1, gate.promise)
  assert.equal(named.name, 'add')
  gate.resolve(2)
  assert.equal(await named, 3)
  const nameless = pool.spawn(() => current()?.name)
  assert.equal(await nameless, 'workers')
  assert.equal(await pool.spawn(async () => 'of a promise'), 'of a promise')
  assert.equal(pool.active, 0)
})

test('a place is free again only when the promise that a thread returned has settled', async () => {
  const pool = new Pool(1)
  const gate = deferred<number>()
  const thread = pool.spawn(() => gate.promise)
  assert.equal(pool.active, 1)
  gate.resolve(1)
  assert.equal(await thread, 1)
  assert.equal(pool.active, 0)
})

test('trySpawn takes a free place or none', async () => {
  const pool = new Pool(1)
  const gate = deferred()
  const first = pool.trySpawn(() => wait(gate.promise))
  assert.equal(
    pool.trySpawn(() => assert.fail()),
    undefined,
  )
  gate.resolve()
  await first
  assert.equal(await pool.trySpawn(() => 'free again'), 'free again')
})

test('a pool with a bounded queue rejects what is beyond it', async () => {
  const pool = new Pool(1, { maxWaiting: 1, name: 'requests' })
  const gate = deferred()
  const first = pool.spawn(() => wait(gate.promise))
  const second = spawn(() => pool.spawn(() => 'second').join())
  assert.throws(() => pool.spawn(() => 'third'), {
    code: 'ERR_GT_POOL_FULL',
    message: /^requests is full: all 1 places are taken, and 1 calls wait already\.\n/,
  })
  await assert.rejects(
    pool.applyAsync(() => 'third'),
    PoolFullError,
  )
  assert.throws(() => spawn(() => pool.apply(() => 'third')).join(), PoolFullError)
  gate.resolve()
  await first
  assert.equal(await second, 'second')
})

test('a pool may limit how long a call waits for a place', async () => {
  using clock = useVirtualClock()
  const pool = new Pool(1, { maxWaitMs: 50 })
  const thread = pool.spawn(() => sleep(100))
  const isFull = { code: 'ERR_GT_POOL_FULL', message: /^pool is full: no place .* 50 ms\.\n/ }
  const ends = [
    assert.rejects(async () => await spawn(() => pool.spawn(() => assert.fail())), isFull),
    assert.rejects(
      pool.applyAsync(() => assert.fail()),
      isFull,
    ),
  ]
  await clock.advance(50)
  await Promise.all(ends)
  await clock.advance(50)
  await thread
  assert.equal(clock.pending, 0)
  const impatient = new Pool(1, { maxWaitMs: 0 })
  const busy = impatient.spawn(() => wait(never))
  assert.throws(() => impatient.spawn(() => assert.fail()), PoolFullError)
  busy.cancel()
  await assert.rejects(async () => await busy, Cancelled)
})

test('one who is cancelled while he waits for a place gets none', async () => {
  const pool = new Pool(1)
  const gate = deferred()
  const first = pool.spawn(() => wait(gate.promise))
  const cancelled = spawn(() => pool.spawn(() => assert.fail()))
  const controller = new AbortController()
  const aborted = assert.rejects(
    pool.applyAsync(() => assert.fail(), { signal: controller.signal }),
    /enough/,
  )
  const patient = spawn(() => pool.spawn(() => 'patient').join())
  cancelled.cancel()
  controller.abort(new Error('enough'))
  assert.equal(pool.waiting, 1)
  gate.resolve()
  await first
  assert.equal(await patient, 'patient')
  await aborted
  await assert.rejects(async () => await cancelled, Cancelled)
})

test('on the main stack a full pool names the form for async code', async () => {
  const pool = new Pool(1)
  const gate = deferred()
  const thread = pool.spawn(() => wait(gate.promise))
  assert.throws(
    () => pool.spawn(() => 1),
    (error) => {
      assert.ok(error instanceof NotInGreenThreadError)
      assert.match(error.message, /^pool\.spawn\(\) .*await pool\.applyAsync\(/s)
      return true
    },
  )
  assert.throws(() => pool.join(), /await pool\.joinAsync\(\)/)
  gate.resolve()
  await thread
  assert.throws(() => pool.map([1], assert.fail), /await toAsync\(\(\) => pool\.map\(items, fn\)\)/)
  assert.throws(() => pool.apply(() => assert.fail()), /await pool\.applyAsync/)
  assert.equal(pool.active, 0)
})

test('join waits until nothing runs and nothing waits', async () => {
  const pool = new Pool(1)
  const gates = [deferred(), deferred()]
  const first = pool.spawn(() => wait(gates[0]?.promise))
  const second = spawn(() => pool.spawn(() => wait(gates[1]?.promise)).join())
  let joined = 0
  const joins = [
    spawn(() => {
      pool.join()
      joined++
    }),
    pool.joinAsync().then(() => joined++),
  ]
  gates[0]?.resolve()
  await first
  await untilParked()
  assert.equal(joined, 0)
  gates[1]?.resolve()
  await second
  await Promise.all(joins)
  assert.equal(joined, 2)
  pool.join()
  pool[Symbol.dispose]()
  await pool[Symbol.asyncDispose]()
})

test('join may have a limit of time, and is refused to threads of the pool', async () => {
  using clock = useVirtualClock()
  const pool = new Pool(1)
  const thread = pool.spawn(() => {
    sleep(20)
    assert.throws(() => pool.join(), { code: 'ERR_GT_WAIT_ON_ITSELF' })
  })
  const ends = [
    assert.rejects(async () => await spawn(() => pool.join(10)), TimedOut),
    assert.rejects(pool.joinAsync({ timeoutMs: 10 }), TimedOut),
  ]
  await clock.advance(20)
  await Promise.all(ends)
  await thread
})

test('cancel cancels what runs; who waits for a place gets it', async () => {
  const pool = new Pool(2)
  const running = [pool.spawn(() => wait(never)), pool.spawn(() => wait(never))]
  const waiting = spawn(() => pool.spawn(() => 'my turn').join())
  pool.cancel('all out')
  for (const thread of running) {
    await assert.rejects(async () => await thread, { code: 'ERR_GT_CANCELLED', cause: 'all out' })
  }
  assert.equal(await waiting, 'my turn')
  assert.equal(pool.active, 0)
})

test('an error of a thread that nobody observes is reported once, one that is observed never', async () => {
  const { stdout, stderr, code } = await runScript(`
    import { Pool, spawn, wait } from 'greenthreads'
    process.on('unhandledRejection', (error) => console.log('reported:', error.message))
    const pool = new Pool(4)
    const fail = (name) => { wait(Promise.resolve()); throw new Error(name) }
    const caught = []
    const observe = (fn) => { try { fn() } catch (error) { caught.push(error.message) } }
    await spawn(() => {
      pool.spawn(fail, 'nobody looks')
      observe(() => pool.spawn(fail, 'join').join())
      observe(() => pool.apply(fail, 'apply'))
      observe(() => pool.map(['map', 'another', 'a third'], fail))
      observe(() => [...pool.imap(['imap', 'another'], fail)])
      pool.join()
    })
    await pool.applyAsync(() => fail('applyAsync')).catch((error) => caught.push(error.message))
    setImmediate(() => console.log(caught.join(' ')))
  `)
  assert.equal(stdout, 'reported: nobody looks\njoin apply map imap applyAsync\n', stderr)
  assert.equal(code, 0)
})

test('size and options are checked', () => {
  for (const size of [0, -1, 1.5, Number.POSITIVE_INFINITY]) {
    assert.throws(() => new Pool(size), { message: /^size must be an integer from 1/ })
  }
  const wrong: [PoolOptions, RegExp][] = [
    [{ maxWaiting: -1 }, /^maxWaiting must be an integer from 0/],
    [{ maxWaitMs: -1 }, /^maxWaitMs must be/],
  ]
  for (const [options, message] of wrong) {
    assert.throws(() => new Pool(1, options), { code: 'ERR_GT_INVALID_ARGUMENT', message })
  }
  const pool = new Pool(1)
  assert.throws(() => pool.spawn('no function' as never), /^InvalidArgumentError: fn must be/)
  assert.throws(() => pool.imap([], assert.fail, { ahead: 0 }), /ahead must be an integer from 1/)
})
