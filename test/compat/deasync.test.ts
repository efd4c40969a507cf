import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { NotInGreenThreadError, spawn, withTimeout } from 'greenthreads'
import deasync, { loopWhile, promise, runLoopOnce, sleep } from 'greenthreads/deasync'
import Fiber from 'greenthreads/fibers'
import { useVirtualClock } from 'greenthreads/testing'
import { runScript } from '../core/script.ts'

type Done = (error?: unknown, value?: unknown) => void

test('a function returns what it is called back with, or throws the error', async () => {
  const add = deasync(function (this: { base: number }, a: number, done: Done) {
    setImmediate(done, null, this.base + a)
  })
  const fail = deasync((done: Done) => setImmediate(done, new Error('failed')))
  const thread = spawn(() => {
    assert.throws(() => fail(), /^Error: failed$/)
    return add.call({ base: 2 }, 3)
  })
  assert.equal(await thread, 5)
})

test('the event loop and other threads go on meanwhile', async () => {
  const log: string[] = []
  const slow = deasync((done: Done) => setImmediate(() => setImmediate(done)))
  const thread = spawn(() => {
    slow()
    log.push('slow')
  })
  setImmediate(() => log.push('loop'))
  await thread
  assert.deepEqual(log, ['loop', 'slow'])
})

test('one that is called back at once needs no green thread; the first call counts', () => {
  const atOnce = deasync((done: Done) => {
    done(null, 'first')
    done(new Error('second'))
  })
  assert.equal(atOnce(), 'first')
})

test('outside of green threads, what would wait throws', () => {
  const never = deasync(function never() {})
  const calls = [never, () => sleep(1), runLoopOnce, () => loopWhile(() => true)]
  for (const call of [...calls, () => promise(turn())]) assert.throws(call, NotInGreenThreadError)
  loopWhile(() => false)
})

test('loopWhile() ends when a timer, a tick or a promise has made the condition false', async () => {
  const starters: ((done: () => void) => void)[] = [
    (done) => setTimeout(done, 5),
    (done) => process.nextTick(done),
    (done) => turn().then(done),
  ]
  for (const start of starters) {
    let isDone = false
    await spawn(() => {
      start(() => {
        isDone = true
      })
      loopWhile(() => !isDone)
    })
    assert(isDone)
  }
})

test('loopWhile() leaves the processor alone, and a deadline ends it', async () => {
  let looks = 0
  const start = process.cpuUsage()
  const thread = spawn(() =>
    withTimeout(200, () =>
      loopWhile(() => {
        looks++
        return true
      }),
    ),
  )
  await assert.rejects(thread.toPromise(), { code: 'ERR_GT_TIMED_OUT' })
  const { user, system } = process.cpuUsage(start)
  assert(looks < 1000, `it looked ${looks} times in 200 ms`)
  assert(user + system < 150_000, `it took ${user + system} microseconds of 200 ms`)
})

test('sleep() and promise() suspend, also in Fibers', async () => {
  const clock = useVirtualClock()
  try {
    let value: unknown
    Fiber(() => {
      deasync.sleep(1000)
      value = deasync.promise(Promise.resolve('value'))
    }).run()
    await clock.advance(999)
    assert.equal(value, undefined)
    await clock.advance(1)
    assert.equal(value, 'value')
  } finally {
    clock.restore()
  }
})

test('the program ends when the condition has come true by the last timer that there was', async () => {
  const { code, stdout, stderr } = await runScript(`
    import { loopWhile } from 'greenthreads/deasync'
    import { spawn } from 'greenthreads'
    let isDone = false
    spawn(() => { loopWhile(() => !isDone); console.log('done') })
    setTimeout(() => { isDone = true }, 20)
  `)
  assert.deepEqual([code, stdout, stderr], [0, 'done\n', ''])
})
