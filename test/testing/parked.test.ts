import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep, spawn, wait, yieldNow } from 'greenthreads'
import { park, unpark } from 'greenthreads/lowlevel'
import { untilParked, useVirtualClock } from 'greenthreads/testing'

test('untilParked resolves when nothing can go on without a timer', async () => {
  using clock = useVirtualClock()
  const log: string[] = []
  const thread = spawn(() => {
    for (let turn = 0; turn < 5; turn++) yieldNow()
    log.push('turns')
    for (let hop = 0; hop < 100; hop++) wait(Promise.resolve())
    log.push('microtasks')
    sleep(1)
    log.push('timer')
  })
  await untilParked()
  assert.deepEqual(log, ['turns', 'microtasks'])
  await clock.advance(1)
  assert.equal(await thread, undefined)
})

test('immediates and ticks of other code count', async () => {
  const log: string[] = []
  setImmediate(() => {
    process.nextTick(() => {
      setImmediate(() => queueMicrotask(() => log.push('the last of a chain')))
    })
  })
  await untilParked()
  assert.deepEqual(log, ['the last of a chain'])
})

test('a green thread waits until all the others are parked', async () => {
  const log: string[] = []
  const worker = spawn(() => {
    yieldNow()
    log.push('worker parks')
    park()
  })
  const watcher = spawn(() => {
    log.push('watcher')
    wait(untilParked())
    log.push(`worker is ${worker.state}`)
    unpark(worker)
  })
  await Promise.all([worker, watcher])
  assert.deepEqual(log, ['watcher', 'worker parks', 'worker is suspended'])
})

test('two wait for each other to be parked, and both go on', async () => {
  const states = [spawn(() => wait(untilParked())), spawn(() => wait(untilParked()))]
  assert.deepEqual(await Promise.all(states), [undefined, undefined])
})

test('what never comes to rest is an error that shows the threads', async () => {
  let isEnded = false
  function spin(): void {
    while (!isEnded) yieldNow()
  }
  const thread = spawn(spin)
  await assert.rejects(untilParked(), (error: Error & { code: string }) => {
    assert.equal(error.code, 'ERR_GT_NEVER_PARKED')
    assert.match(error.message, /\(spin\)\n {4}at spin .*parked\.test/)
    return true
  })
  isEnded = true
  await thread
})
