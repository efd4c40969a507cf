import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Cancelled, firstOf, shield, sleep, spawn, wait } from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { untilParked, useVirtualClock } from 'greenthreads/testing'
import { deferred, never } from './deferred.ts'

test('the first result is returned after the others were cancelled and have ended', async () => {
  const log: string[] = []
  const cleanup = deferred()
  const thread = spawn(() =>
    firstOf(
      () => {
        try {
          return wait(never)
        } finally {
          shield(() => wait(cleanup.promise))
          log.push('cleaned up')
        }
      },
      () => {
        wait(untilParked())
        return 'quick'
      },
    ),
  )
  await untilParked()
  await untilParked()
  assert.equal(thread.state, 'suspended')
  cleanup.resolve()
  assert.equal(await thread, 'quick')
  assert.deepEqual(log, ['cleaned up'])
  assert.equal(suspendedThreads().length, 0)
})

test('an error of the first that ends is thrown, the others get it as their cause', async () => {
  const error = new Error('first')
  let cause: unknown
  const thread = spawn(() =>
    firstOf(
      () => {
        try {
          wait(never)
        } catch (thrown) {
          cause = (thrown as Cancelled).cause
          throw thrown
        }
      },
      () => {
        wait(untilParked())
        throw error
      },
    ),
  )
  await assert.rejects(
    async () => await thread,
    (thrown) => thrown === error,
  )
  assert.equal(cause, error)
})

test('an error of cleanup is not lost', async () => {
  const thread = spawn(() =>
    firstOf(
      () => {
        try {
          wait(never)
        } catch {
          throw new Error('cleanup failed')
        }
      },
      () => {
        wait(untilParked())
        return 'quick'
      },
    ),
  )
  await assert.rejects(async () => await thread, /cleanup failed/)
})

test('after one that ends at once no other is started', async () => {
  let isRun = false
  const result = await spawn(() =>
    firstOf(
      () => 1,
      () => {
        isRun = true
        return 'two'
      },
    ),
  )
  assert.equal(result, 1)
  assert.equal(isRun, false)
})

test('of two that end at the same time the first counts', async () => {
  const clock = useVirtualClock()
  try {
    const work = (name: string) => (): string => {
      sleep(10)
      return name
    }
    assert.equal(await clock.runUntil(spawn(() => firstOf(work('a'), work('b')))), 'a')
  } finally {
    clock.restore()
  }
})

test('cancelling the caller cancels all functions', async () => {
  const ended: string[] = []
  const work = (name: string) => (): void => {
    try {
      wait(never)
    } finally {
      ended.push(name)
    }
  }
  const thread = spawn(() => firstOf(work('a'), work('b')))
  thread.cancel('not needed')
  await assert.rejects(async () => await thread, { code: 'ERR_GT_CANCELLED', cause: 'not needed' })
  assert.deepEqual(ended.sort(), ['a', 'b'])
  assert.equal(thread.state, 'cancelled')
})

test('without functions, and on the main stack, it says what is wrong', async () => {
  assert.throws(() => firstOf(), { code: 'ERR_GT_INVALID_ARGUMENT' })
  assert.throws(() => firstOf(() => 1), { code: 'ERR_GT_NOT_IN_GREEN_THREAD' })
})
