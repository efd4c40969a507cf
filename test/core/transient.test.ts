import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancelled, scope, shield, spawn, spawnWith, wait } from 'greenthreads'
import { type Clock, useClock, WaitQueue } from 'greenthreads/lowlevel'
import { untilParked } from 'greenthreads/testing'
import { deferred, never } from './deferred.ts'
import { runScript } from './script.ts'

test('a scope does not wait for transient threads, but cancels them at the end and waits for that', async () => {
  const log: string[] = []
  const cleanup = deferred()
  const thread = spawn(() =>
    scope((s) => {
      s.spawnWith({ transient: true, name: 'poller' }, () => {
        try {
          wait(never)
        } catch (error) {
          assert.ok(error instanceof Cancelled)
          log.push(error.message.replace(/\d+/, 'N'))
          throw error
        } finally {
          shield(() => wait(cleanup.promise))
          log.push('cleaned up')
        }
      })
      s.spawn(() => {
        wait(untilParked())
        log.push('other work')
      })
      return 'result'
    }),
  )
  await untilParked()
  await untilParked()
  assert.equal(thread.state, 'suspended')
  cleanup.resolve()
  assert.equal(await thread, 'result')
  assert.deepEqual(log, [
    'other work',
    'green thread N (poller) was cancelled: all other work in its scope is done',
    'cleaned up',
  ])
})

test('a transient thread that fails makes the scope fail', async () => {
  const thread = spawn(() =>
    scope((s) => {
      s.spawnWith({ transient: true }, () => {
        wait(untilParked())
        throw new Error('of a transient thread')
      })
      wait(never)
    }),
  )
  await assert.rejects(async () => await thread, /of a transient thread/)
})

test('a scope that only waits for transient threads to stop takes nobody in', async () => {
  const codes: unknown[] = []
  await spawn(() =>
    scope((s) => {
      s.spawnWith({ transient: true }, () => {
        try {
          wait(never)
        } finally {
          shield(() => {
            try {
              spawn(() => codes.push('run'))
            } catch (error) {
              codes.push((error as { code: string }).code)
            }
          })
        }
      })
    }),
  )
  assert.deepEqual(codes, ['ERR_GT_SCOPE_CLOSED'])
})

test('the timers of transient threads are set as such', async () => {
  const set: unknown[] = []
  const recorder: Clock = {
    now: () => 0,
    setTimer: (_callback, _delayMs, isTransient) => set.push(isTransient),
    clearTimer: () => {},
  }
  const restore = useClock(recorder)
  const { sleep, withTimeout } = await import('greenthreads')
  const queue = new WaitQueue()
  const bodies = [
    () => sleep(1),
    () => withTimeout(1, () => wait(never)),
    () => queue.parkWithin(1),
    () => scope(() => wait(never), { timeoutMs: 1 }),
  ]
  const threads = [true, false].flatMap((transient) =>
    bodies.map((body) => spawnWith({ transient }, body)),
  )
  restore()
  assert.deepEqual(set, [...Array(4).fill(true), ...Array(4).fill(false)])
  for (const thread of threads) thread.cancel()
  await Promise.allSettled(threads)
})

test('a transient thread does not hold the process open, nor is a deadlock said of it', async () => {
  const { code, stdout, stderr } = await runScript(`
    import { sleep, spawn, spawnWith, wait, yieldNow } from 'greenthreads'
    spawnWith({ transient: true }, () => { for (;;) sleep(60_000) })
    spawnWith({ transient: true }, () => { for (;;) yieldNow() })
    spawnWith({ transient: true }, () => wait(new Promise(() => {})))
    spawn(() => { sleep(5); console.log('done') })
  `)
  assert.equal(stderr, '')
  assert.equal(stdout, 'done\n')
  assert.equal(code, 0)
})
