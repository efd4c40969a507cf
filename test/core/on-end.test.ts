import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { current, GreenThread, spawn, wait } from 'greenthreads'
import { untilParked } from 'greenthreads/testing'
import { deferred, never } from './deferred.ts'
import { runScript } from './script.ts'

test('a thousand callbacks are called in their order, after the thread has ended, on the main stack', async () => {
  const gate = deferred<string>()
  const thread = spawn(() => wait(gate.promise))
  const log: number[] = []
  for (let i = 0; i < 1000; i++) {
    thread.onEnd((ended) => {
      assert.equal(ended, thread)
      assert.equal(ended.state, 'finished')
      assert.equal(ended.join(), 'value')
      assert.equal(current(), undefined)
      log.push(i)
    })
  }
  gate.resolve('value')
  await untilParked()
  assert.deepEqual(log, [...Array(1000).keys()])
})

test('each is called once, however the thread ends', async () => {
  const calls: string[] = []
  const failing = spawn(() => {
    wait(Promise.resolve())
    throw new Error('expected')
  })
  const cancelled = spawn(() => wait(never))
  const unstarted = new GreenThread(() => {})
  for (const thread of [failing, cancelled, unstarted]) {
    thread.onEnd(({ state }) => calls.push(`${thread.id} ${state}`))
  }
  cancelled.cancel()
  unstarted.cancel()
  await assert.rejects(async () => await failing, /expected/)
  await untilParked()
  assert.deepEqual(
    calls.sort(),
    [`${failing.id} failed`, `${cancelled.id} cancelled`, `${unstarted.id} cancelled`].sort(),
  )
})

test('of a thread that has ended already it is called in a microtask', async () => {
  const log: string[] = []
  spawn(() => 1).onEnd(() => log.push('called'))
  log.push('asked')
  await Promise.resolve()
  assert.deepEqual(log, ['asked', 'called'])
})

test('one that is taken away is not called, not even while others are being called', async () => {
  const gate = deferred()
  const thread = spawn(() => wait(gate.promise))
  const log: string[] = []
  const forget = thread.onEnd(() => log.push('taken away before'))
  thread.onEnd(() => {
    log.push('first')
    forgetLater()
  })
  const forgetLater = thread.onEnd(() => log.push('taken away meanwhile'))
  thread.onEnd(() => log.push('last'))
  forget()
  forget()
  gate.resolve()
  await untilParked()
  assert.deepEqual(log, ['first', 'last'])
})

test('it runs in the async context of the one who asked for it', async () => {
  const storage = new AsyncLocalStorage<string>()
  const gate = deferred()
  const thread = storage.run('of the thread', () => spawn(() => wait(gate.promise)))
  let seen: unknown
  storage.run('of the caller', () =>
    thread.onEnd(() => {
      seen = storage.getStore()
    }),
  )
  gate.resolve()
  await untilParked()
  assert.equal(seen, 'of the caller')
})

test('one that throws is an uncaught exception, and the others are called all the same', async () => {
  const { code, stdout } = await runScript(`
    import { spawn, sleep } from 'greenthreads'
    process.on('uncaughtException', (error) => console.log('uncaught', error.message))
    const thread = spawn(() => sleep(1))
    thread.onEnd(() => { throw new Error('in a callback') })
    thread.onEnd(() => console.log('second'))
  `)
  assert.deepEqual(stdout.trim().split('\n').sort(), ['second', 'uncaught in a callback'])
  assert.equal(code, 0)
})

test('it does not count as observing the error', async () => {
  const { code, stdout } = await runScript(`
    import { spawn } from 'greenthreads'
    process.on('unhandledRejection', (error) => console.log('unhandled', error.message))
    spawn(() => { throw new Error('nobody looks') }).onEnd(() => console.log('called'))
    const later = spawn(() => new Promise((_, reject) => setImmediate(reject, new Error('later'))))
    later.onEnd(() => {})
  `)
  assert.deepEqual(stdout.trim().split('\n'), [
    'called',
    'unhandled nobody looks',
    'unhandled later',
  ])
  assert.equal(code, 0)
})
