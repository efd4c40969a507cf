import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Cancelled,
  current,
  type GreenThread,
  NotParkedError,
  spawn,
  TimedOut,
  withTimeout,
} from 'greenthreads'
import {
  park,
  suspendedThreads,
  throwIfInterrupted,
  unpark,
  unparkWithError,
} from 'greenthreads/lowlevel'
import { useVirtualClock } from 'greenthreads/testing'
import { never } from './deferred.ts'

test('a parked thread goes on with the value it is given, in a microtask', async () => {
  const log: unknown[] = []
  const thread = spawn(() => {
    log.push(park())
  })
  assert.deepEqual(suspendedThreads(), [thread])
  unpark(thread, 'value')
  log.push('unparked')
  await thread
  assert.deepEqual(log, ['unparked', 'value'])
  assert.deepEqual(suspendedThreads(), [])
})

test('unparkWithError throws where the thread is parked', async () => {
  const error = new Error('closed')
  const thread = spawn(() => park())
  unparkWithError(thread, error)
  await assert.rejects(async () => await thread, error)
})

test('a thread is unparked once per park', async () => {
  const thread = spawn(() => [park(), park()])
  unpark(thread, 1)
  assert.throws(() => unpark(thread, 2), NotParkedError)
  await Promise.resolve()
  await Promise.resolve()
  unpark(thread, 2)
  assert.deepEqual(await thread, [1, 2])
  assert.throws(() => unpark(thread), { code: 'ERR_GT_NOT_PARKED', message: /it is finished/ })
})

test('a thread that waits for a promise is not unparked by mistake', async () => {
  const thread = spawn(async () => await never)
  assert.throws(() => unpark(thread), NotParkedError)
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
})

test('onAbandon tells that the thread goes on without unpark', async () => {
  using clock = useVirtualClock()
  const log: string[] = []
  const cancelled = spawn(() => park(() => log.push('cancelled')))
  const late = spawn(() => withTimeout(5, () => park(() => log.push('late'))))
  const ends = Promise.all([
    assert.rejects(async () => await cancelled, Cancelled),
    assert.rejects(async () => await late, TimedOut),
  ])
  cancelled.cancel()
  await clock.advance(5)
  await ends
  assert.deepEqual(log, ['cancelled', 'late'])
  assert.throws(() => unpark(cancelled), NotParkedError)
})

test('a thread that is woken and then cancelled keeps what it was given', async () => {
  const log: unknown[] = []
  const thread = spawn(() => {
    log.push(park())
    park()
  })
  unpark(thread, 'given')
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  assert.deepEqual(log, ['given'])
})

test('a ring of threads hands a token round', async () => {
  const count = 50
  const ring: GreenThread[] = []
  let sum = 0
  for (let i = 0; i < count; i++) {
    ring.push(
      spawn(() => {
        for (let round = 0; round < 10; round++) {
          const token = park() as number
          sum += token
          unpark(ring[(i + 1) % count] as GreenThread, 1)
        }
      }),
    )
  }
  // One that takes the last token.
  const last = spawn(() => {
    const self = current() as GreenThread
    const first = ring[0] as GreenThread
    ring[0] = self
    unpark(first, 1)
    for (let round = 0; round < 10; round++) {
      park()
      if (round < 9) unpark(first, 1)
    }
  })
  await Promise.all([...ring.slice(1), last])
  assert.equal(sum, count * 10)
})

test('throwIfInterrupted throws what the next suspension would', async () => {
  throwIfInterrupted() // outside of threads there is nothing to throw
  const log: string[] = []
  const thread: GreenThread = spawn(() => {
    throwIfInterrupted()
    log.push('not yet')
    current()?.cancel('enough')
    throwIfInterrupted()
    log.push('not reached')
  })
  await assert.rejects(async () => await thread, { cause: 'enough' })
  assert.deepEqual(log, ['not yet'])
})
