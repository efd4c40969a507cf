import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Cancelled,
  scope,
  shield,
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
import { cancelParked, waitNoting } from './outcome.ts'

/** A thread that waits, through async code, for the innermost of several others. */
function nested(depth: number, innermost: () => unknown): () => unknown {
  if (depth === 0) return innermost
  const inner = toAsync(nested(depth - 1, innermost))
  return toSync(async () => {
    await null
    return inner()
  })
}

test('cancellation reaches the innermost thread, through async code', async () => {
  const log: unknown[] = []
  const innermost = (): void => {
    try {
      wait(never)
    } catch (error) {
      log.push(error)
      throw error
    }
  }
  const thread = spawn(nested(3, innermost))
  await untilParked()
  assert.equal(suspendedThreads().length, 4)
  thread.cancel('enough')
  await assert.rejects(async () => await thread, { cause: 'enough' })
  await untilParked()
  assert.equal(suspendedThreads().length, 0)
  assert.ok(log[0] instanceof Cancelled)
  assert.match(log[0].message, /enough/)
})

test('a deadline around the call reaches the innermost thread', async () => {
  using clock = useVirtualClock()
  const log: unknown[] = []
  const innermost = (): void => waitNoting(log)
  const thread = spawn(() => {
    assert.throws(() => withTimeout(100, nested(2, innermost)), TimedOut)
    return 'goes on'
  })
  await clock.advance(100)
  assert.equal(await thread, 'goes on')
  await untilParked()
  assert.equal(log.length, 1)
  assert.ok(log[0] instanceof Cancelled)
})

test('a scope that is cancelled reaches the innermost thread', async () => {
  const log: unknown[] = []
  const innermost = (): void => waitNoting(log)
  const thread = spawn(() =>
    scope((tasks) => {
      tasks.spawn(() => {
        yieldNow()
        throw new Error('a sibling failed')
      })
      nested(2, innermost)()
    }),
  )
  await assert.rejects(async () => await thread, /a sibling failed/)
  await untilParked()
  assert.equal(log.length, 1)
  assert.ok(log[0] instanceof Cancelled)
  assert.equal(suspendedThreads().length, 0)
})

test('shielded work of the innermost thread finishes', async () => {
  const gate = deferred()
  const log: string[] = []
  const innermost = (): void => {
    shield(() => wait(gate.promise))
    log.push('finished')
    wait(never)
  }
  const thread = spawn(nested(2, innermost))
  await cancelParked(thread)
  gate.resolve()
  await untilParked()
  assert.deepEqual(log, ['finished'])
  assert.equal(suspendedThreads().length, 0)
})

test('a shield around the call protects all that the call started', async () => {
  const gate = deferred<string>()
  const thread = spawn(() => {
    const result = shield(nested(2, () => wait(gate.promise)))
    assert.equal(result, 'done')
    wait(never)
  })
  await untilParked()
  thread.cancel()
  await untilParked()
  assert.equal(suspendedThreads().length, 3)
  gate.resolve('done')
  await assert.rejects(async () => await thread, Cancelled)
})

test('a call that async code makes after the thread has left does not start', async () => {
  const gate = deferred()
  let isStarted = false
  const inner = toAsync(() => {
    isStarted = true
  })
  const ended = deferred<unknown>()
  const thread = spawn(
    toSync(async () => {
      await gate.promise
      await inner().catch(ended.resolve)
    }),
  )
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  gate.resolve()
  assert.ok((await ended.promise) instanceof Cancelled)
  assert.equal(isStarted, false)
})

test('calls that async code left behind when it returned are not cancelled', async () => {
  const gate = deferred<string>()
  const inner = toAsync(() => wait(gate.promise))
  let left: Promise<string> | undefined
  const start = toSync(async () => {
    await null
    left = inner()
  })
  const thread = spawn(() => {
    start()
    wait(never)
  })
  await cancelParked(thread)
  gate.resolve('unharmed')
  assert.equal(await left, 'unharmed')
})

test('a failure of the async code leaves its other calls alone', async () => {
  const gate = deferred<string>()
  const inner = toAsync(() => wait(gate.promise))
  let other: Promise<string> | undefined
  const fail = toSync(async () => {
    other = inner()
    await null
    throw new Error('failed')
  })
  await spawn(() => assert.throws(fail, /failed/))
  gate.resolve('unharmed')
  assert.equal(await other, 'unharmed')
})

test('a detached call goes on', async () => {
  const gate = deferred()
  const log: string[] = []
  const inner = toAsync(
    () => {
      wait(gate.promise)
      log.push('finished')
    },
    { detached: true },
  )
  const thread = spawn(toSync(async () => inner()))
  await cancelParked(thread)
  gate.resolve()
  await untilParked()
  assert.deepEqual(log, ['finished'])
})

test('a callback that a synced object calls is cancelled with the caller', async () => {
  const log: string[] = []
  const database = synced({
    async transaction(callback: () => Promise<void>): Promise<void> {
      log.push('begin')
      await callback().catch(async (error) => {
        log.push('rollback')
        throw error
      })
      log.push('commit')
    },
  })
  const thread = spawn(() => database.transaction(toAsync(() => wait(never))))
  await cancelParked(thread)
  assert.deepEqual(log, ['begin', 'rollback'])
})

test('many inner calls of one outer call are forgotten when they are over', async () => {
  let inside = 0
  const inner = toAsync(() => {
    inside++
    wait(null)
    inside--
  })
  const hanging = toAsync(() => wait(never))
  const thread = spawn(
    toSync(async () => {
      const left = hanging()
      for (let i = 0; i < 100; i++) await inner()
      await left
    }),
  )
  await untilParked()
  await untilParked()
  assert.equal(inside, 0)
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  await untilParked()
  assert.equal(suspendedThreads().length, 0)
})
