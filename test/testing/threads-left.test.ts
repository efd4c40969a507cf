import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep, spawn, ThreadsLeftError } from 'greenthreads'
import { park } from 'greenthreads/lowlevel'
import { assertNoThreadsLeft, untilParked, useVirtualClock } from 'greenthreads/testing'

test('suspended threads are named, each with its stack', async () => {
  using _ = useVirtualClock()
  function dozing(): void {
    sleep(1)
  }
  const threads = [spawn(dozing), spawn(() => park())] as const
  assert.throws(
    () => assertNoThreadsLeft(),
    (error) => {
      assert.ok(error instanceof ThreadsLeftError)
      assert.equal(error.code, 'ERR_GT_THREADS_LEFT')
      assert.match(error.message, /^2 green threads are left suspended\./)
      assert.match(error.message, /\(dozing\)\n {4}at dozing .*threads-left\.test/)
      return true
    },
  )
  assert.throws(
    () => assertNoThreadsLeft([threads[0]]),
    /^ThreadsLeftError: one green thread is left/,
  )
  assertNoThreadsLeft(threads)
  for (const thread of threads) thread.cancel()
  await untilParked()
  assertNoThreadsLeft()
})

test('outside of a mistake it says nothing', () => {
  spawn(() => 'ended at once')
  assert.equal(assertNoThreadsLeft(), undefined)
})
