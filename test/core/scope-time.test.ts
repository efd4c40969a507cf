import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancelled, scope, sleep, spawn, TimedOut, wait } from 'greenthreads'
import { never } from './deferred.ts'
import { useClockPerTest, waitNoting } from './outcome.ts'

const perTest = useClockPerTest()

test('timeoutMs cuts threads and function short, and the scope throws TimedOut', async () => {
  const log: unknown[] = []
  const thread = spawn(() =>
    scope(
      (s) => {
        s.spawn(waitNoting, log)
        waitNoting(log)
      },
      { timeoutMs: 10, name: 'import' },
    ),
  )
  const end = assert.rejects(
    async () => await thread,
    (error) => {
      assert.ok(error instanceof TimedOut)
      assert.equal(error.message, 'The work in the scope import did not finish within 10 ms')
      const [ofThread, ofFunction] = log
      assert.ok(ofThread instanceof Cancelled)
      assert.equal(ofThread.cause, error)
      assert.equal(ofFunction, error)
      return true
    },
  )
  await perTest.clock.advance(10)
  await end
})

test('timeoutMs counts while the threads are waited for, and not after them', async () => {
  const inTime = spawn(() => scope((s) => s.spawn(() => sleep(9)).id > 0, { timeoutMs: 10 }))
  const late = spawn(() => scope((s) => s.spawn(() => sleep(11)).id > 0, { timeoutMs: 10 }))
  const end = assert.rejects(async () => await late, TimedOut)
  await perTest.clock.advance(20)
  await end
  assert.equal(await inTime, true)
})

test('a result is returned when the time was over but nothing was cut short', async () => {
  const thread = spawn(() =>
    scope(
      (s) => {
        s.spawn(() => {
          try {
            wait(never)
          } catch (error) {
            assert.ok(error instanceof Cancelled)
          }
        })
        return 'in spite of it'
      },
      { timeoutMs: 10 },
    ),
  )
  await perTest.clock.advance(10)
  assert.equal(await thread, 'in spite of it')
})

test('a signal cuts it short with its reason as the cause', async () => {
  const controller = new AbortController()
  const causes: unknown[] = []
  const thread = spawn(() =>
    scope(
      (s) => {
        s.spawn(waitNoting, causes)
        return 'not returned, as a thread was cut short'
      },
      { signal: controller.signal },
    ),
  )
  controller.abort('shutting down')
  await assert.rejects(async () => await thread, {
    code: 'ERR_GT_CANCELLED',
    cause: 'shutting down',
  })
  assert.deepEqual(
    causes.map((error) => (error as Error).cause),
    ['shutting down'],
  )
})

test('with a signal that has aborted already, nothing begins', async () => {
  let isRun = false
  const thread = spawn(() =>
    scope((s) => s.spawn(() => (isRun = true)), { signal: AbortSignal.abort('before') }),
  )
  await assert.rejects(async () => await thread, { cause: 'before' })
  assert.equal(isRun, false)
})

test('the listener of the signal is removed at the end', async () => {
  const { signal } = new AbortController()
  let listeners = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  Object.assign(signal, {
    addEventListener(...args: Parameters<typeof add>) {
      listeners++
      add(...args)
    },
    removeEventListener(...args: Parameters<typeof remove>) {
      listeners--
      remove(...args)
    },
  })
  await spawn(() => scope(() => assert.equal(listeners, 1), { signal }))
  assert.equal(listeners, 0)
})
