import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Cancelled,
  type GreenThread,
  type Scope,
  scope,
  shield,
  spawn,
  TimedOut,
  wait,
  withTimeout,
} from 'greenthreads'
import { untilParked } from 'greenthreads/testing'
import { deferred, never } from './deferred.ts'
import { useClockPerTest, waitNoting } from './outcome.ts'

const perTest = useClockPerTest()

test('a cancelled owner cancels the threads with the same cause, waits for them, and goes on ending', async () => {
  const log: unknown[] = []
  const gate = deferred()
  const owner = spawn(() =>
    scope((s) => {
      s.spawn(() => {
        try {
          waitNoting(log)
        } finally {
          shield(() => wait(gate.promise))
          log.push('cleaned up')
        }
      })
    }),
  )
  owner.cancel('not needed')
  await untilParked()
  assert.equal((log[0] as Cancelled).cause, 'not needed')
  assert.equal(owner.state, 'suspended', 'it waits for the straggler')
  gate.resolve()
  await assert.rejects(async () => await owner, { cause: 'not needed' })
  assert.equal(owner.state, 'cancelled')
  assert.equal(log[1], 'cleaned up')
})

test('the threads are cancelled at once, even while the function swallows or shields', async () => {
  const log: unknown[] = []
  const gate = deferred()
  const owner = spawn(() =>
    scope((s) => {
      s.spawn(waitNoting, log)
      shield(() => wait(gate.promise))
    }),
  )
  owner.cancel('now')
  await untilParked()
  assert.equal(log.length, 1)
  gate.resolve()
  await assert.rejects(async () => await owner, { cause: 'now' })
})

test('a scope inside a shield is not cancelled from outside', async () => {
  const gate = deferred<string>()
  const owner = spawn(() => {
    const result = shield(() => scope((s) => s.spawn(() => wait(gate.promise))))
    assert.equal(result, 'whole')
    wait(never)
  })
  owner.cancel()
  await untilParked()
  gate.resolve('whole')
  await assert.rejects(async () => await owner, Cancelled)
})

test('a deadline around it goes through, and is told by identity', async () => {
  const log: unknown[] = []
  const thread = spawn(() =>
    withTimeout(5, (outer) => {
      try {
        scope((s) => s.spawn(waitNoting, log), { timeoutMs: 100 })
      } catch (error) {
        assert.ok(outer.isMine(error))
        assert.equal((log[0] as Cancelled).cause, error)
      }
      return 'told'
    }),
  )
  await perTest.clock.advance(5)
  assert.equal(await thread, 'told')
})

test('a deadline inside the function is an error like others when it leaves the function', async () => {
  const thread = spawn(() =>
    scope((s) => {
      s.spawn(() => wait(never))
      withTimeout(5, () => wait(never))
    }),
  )
  const end = assert.rejects(async () => await thread, TimedOut)
  await perTest.clock.advance(5)
  await end
})

test('an outer scope that fails cancels the inner scopes of its function and of its threads', async () => {
  const log: unknown[] = []
  const error = new Error('outer')
  const gate = deferred()
  const thread = spawn(() =>
    scope((outer) => {
      outer.spawn(() => scope((s) => s.spawn(waitNoting, log)))
      outer.spawn(() => {
        wait(gate.promise)
        throw error
      })
      scope((s) => s.spawn(waitNoting, log))
    }),
  )
  gate.resolve()
  await assert.rejects(
    async () => await thread,
    (thrown) => thrown === error,
  )
  assert.deepEqual(
    log.map((cancelled) => (cancelled as Cancelled).cause),
    [error, error],
  )
})

test('cancel stops the threads; a function that returns makes the scope return', async () => {
  const log: unknown[] = []
  const thread = spawn(() =>
    scope((s) => {
      s.spawn(waitNoting, log)
      s.cancel('enough')
      s.cancel('again')
      return 'result'
    }),
  )
  assert.equal(await thread, 'result')
  assert.deepEqual(
    log.map((cancelled) => (cancelled as Cancelled).cause),
    ['enough'],
  )
})

test('cancel ends the waits of the function, and the scope throws what that throws', async () => {
  const thread = spawn(() =>
    scope((s) => {
      s.spawn(() => {
        wait(untilParked())
        s.cancel('enough')
      })
      wait(never)
    }),
  )
  await assert.rejects(async () => await thread, { code: 'ERR_GT_CANCELLED', cause: 'enough' })
  assert.equal(thread.state, 'failed', 'the scope was cancelled, not the thread')
})

test('after the scope its owner is not interrupted any more', async () => {
  const thread = spawn(() => {
    scope((s) => s.cancel())
    wait(untilParked())
    return 'goes on'
  })
  assert.equal(await thread, 'goes on')
})

test('a scope that is being cancelled takes nobody in', async () => {
  const codes: unknown[] = []
  const starts = (s: Scope): void => {
    try {
      s.spawn(() => codes.push('run'))
    } catch (error) {
      codes.push((error as Cancelled).code, (error as Cancelled).cause)
    }
  }
  await spawn(() =>
    scope((s) => {
      s.spawn(() => {
        try {
          wait(never)
        } finally {
          shield(() => starts(s))
          shield(() => scope(() => spawn(() => codes.push('cleanup in a scope of its own'))))
        }
      })
      s.cancel('over')
      starts(s)
    }),
  )
  assert.deepEqual(codes, [
    'ERR_GT_CANCELLED',
    'over',
    'ERR_GT_CANCELLED',
    'over',
    'cleanup in a scope of its own',
  ])
})

test('the signal of the scope aborts when it is cancelled, and not when it ends', async () => {
  const signals: AbortSignal[] = []
  await spawn(() => scope((s) => signals.push(s.signal)))
  await spawn(() =>
    scope((s) => {
      s.cancel('why')
      signals.push(s.signal)
    }),
  )
  const failing: GreenThread = spawn(() =>
    scope((s) => {
      signals.push(s.signal)
      throw new Error('failed')
    }),
  )
  await assert.rejects(async () => await failing, /failed/)
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false, true, true],
  )
  assert.equal(signals[1]?.reason.cause, 'why')
  assert.equal(signals[2]?.reason.cause.message, 'failed')
})

test('a function called on cancellation that throws does not keep the others from being cancelled', async () => {
  const { park } = await import('greenthreads/lowlevel')
  const log: unknown[] = []
  const thread = spawn(() =>
    scope((s) => {
      s.spawn(() =>
        park(() => {
          throw new Error('onAbandon fails')
        }),
      )
      s.spawn(waitNoting, log)
      s.cancel()
    }),
  )
  await assert.rejects(async () => await thread, /onAbandon fails/)
  assert.equal(log.length, 1)
})
