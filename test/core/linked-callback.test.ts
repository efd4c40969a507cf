import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Cancelled,
  sleep,
  spawn,
  synced,
  TimedOut,
  toAsync,
  toSync,
  wait,
  withTimeout,
  yieldNow,
} from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { untilParked, useVirtualClock } from 'greenthreads/testing'
import { deferred, never } from './deferred.ts'
import { cancelParked } from './outcome.ts'
import { runScript } from './script.ts'

/** As of a driver: calls back from a place that knows nothing of the caller, and undoes what failed. */
function createDatabase(log: string[]) {
  const connected = deferred()
  return {
    connected,
    async transaction(callback: () => Promise<unknown>): Promise<void> {
      await connected.promise
      log.push('begin')
      try {
        await callback()
        log.push('commit')
      } catch (error) {
        log.push('rollback')
        throw error
      }
    },
  }
}

test('a callback that a thread made and handed over is cancelled with the thread', async () => {
  const log: string[] = []
  const database = createDatabase(log)
  const thread = spawn(() => synced(database).transaction(toAsync(() => wait(never))))
  database.connected.resolve()
  await cancelParked(thread)
  assert.deepEqual(log, ['begin', 'rollback'])
  assert.equal(suspendedThreads().length, 0)
})

test('it does not start when the thread has left before it is called', async () => {
  const log: string[] = []
  const database = createDatabase(log)
  let isStarted = false
  const thread = spawn(() =>
    synced(database).transaction(
      toAsync(() => {
        isStarted = true
      }),
    ),
  )
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  database.connected.resolve()
  await untilParked()
  assert.deepEqual(log, ['begin', 'rollback'])
  assert.equal(isStarted, false)
})

test('it is cancelled by a deadline around the call, and serves the next call again', async () => {
  using clock = useVirtualClock()
  const log: string[] = []
  const database = createDatabase(log)
  database.connected.resolve()
  const thread = spawn(() => {
    const work = toAsync(() => sleep(100))
    const { transaction } = synced(database)
    assert.throws(() => withTimeout(50, () => transaction(work)), TimedOut)
    yieldNow() // the first is undone meanwhile
    withTimeout(200, () => transaction(work))
  })
  await clock.runUntil(thread)
  assert.deepEqual(log, ['begin', 'rollback', 'begin', 'commit'])
})

test('a function that the called code makes on the stack of the thread is cancelled, too', async () => {
  const log: string[] = []
  const database = createDatabase(log)
  database.connected.resolve()
  const transaction = toSync(async (work: () => unknown) => database.transaction(toAsync(work)), {
    detached: true,
  })
  const thread = spawn(() => transaction(() => wait(never)))
  await cancelParked(thread)
  assert.deepEqual(log, ['begin', 'rollback'])
})

test('a function that is called before the first await is cancelled, whoever made it', async () => {
  const log: string[] = []
  const work = toAsync(() => {
    try {
      wait(never)
    } finally {
      log.push('ended')
    }
  })
  const service = synced({ run: async () => work() })
  const thread = spawn(() => service.run())
  await cancelParked(thread)
  assert.deepEqual(log, ['ended'])
})

test('what one thread made is left alone when another one hands it over', async () => {
  const gate = deferred()
  const log: string[] = []
  const database = createDatabase(log)
  database.connected.resolve()
  const work = spawn(() => toAsync(() => wait(gate.promise))).join()
  const thread = spawn(() => synced(database).transaction(work))
  await cancelParked(thread)
  gate.resolve()
  await untilParked()
  assert.deepEqual(log, ['begin', 'commit'])
})

test('a callback that was handed over and is called later goes on', async () => {
  const gate = deferred<string>()
  let registered: (() => Promise<string>) | undefined
  const registry = synced({
    register(callback: () => Promise<string>): void {
      registered = callback
    },
  })
  const thread = spawn(() => {
    registry.register(toAsync(() => wait(gate.promise)))
    wait(never)
  })
  const result = registered?.()
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  gate.resolve('unharmed')
  assert.equal(await result, 'unharmed')
})

test('a detached conversion to sync does not follow its function', async () => {
  const gate = deferred<string>()
  const inner = toAsync(() => wait(gate.promise))
  let result: Promise<string> | undefined
  const outer = toSync(
    async () => {
      await null
      result = inner()
      return result
    },
    { detached: true },
  )
  const thread = spawn(outer)
  await cancelParked(thread)
  gate.resolve('unharmed')
  assert.equal(await result, 'unharmed')
})

// On Node.js 20 and 22 every AsyncLocalStorage in use makes every promise slower.
test('the async context is used by toSync alone, and only with functions of toAsync', async () => {
  const { stdout, stderr } = await runScript(`
    import { AsyncLocalStorage } from 'node:async_hooks'
    const { run } = AsyncLocalStorage.prototype
    let runs = 0
    AsyncLocalStorage.prototype.run = function (...args) {
      runs++
      return run.apply(this, args)
    }
    const { spawn, synced, toAsync, toSync, wait } = await import('greenthreads')
    const service = synced({ answer: async () => 42 })
    const answer = async () => 42
    const both = () => service.answer() + toSync(answer)()
    console.log(await spawn(both), runs)
    const handler = toAsync(() => service.answer() + toSync(answer, { detached: true })())
    console.log(await handler(), runs)
    console.log(await toAsync(both)(), runs)
  `)
  assert.equal(stderr, '')
  assert.deepEqual(stdout.trim().split('\n'), ['84 0', '84 0', '84 1'])
})
