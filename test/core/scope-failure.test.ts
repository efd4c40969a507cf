import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancelled, shield, wait } from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { untilParked } from 'greenthreads/testing'
import { deferred, never } from './deferred.ts'
import { outcomeOf } from './outcome.ts'

test('the first failure cancels the others and the function, and is thrown itself', async () => {
  const error = new Error('first')
  const causes: unknown[] = []
  const noteCause = (work: () => void): void => {
    try {
      work()
    } catch (thrown) {
      assert.ok(thrown instanceof Cancelled)
      causes.push(thrown.cause)
      throw thrown
    }
  }
  const gate = deferred()
  const end = outcomeOf((s) => {
    s.spawn(noteCause, () => wait(never))
    s.spawn(() => {
      wait(gate.promise)
      throw error
    })
    noteCause(() => wait(never))
  })
  gate.resolve()
  assert.equal(await end, error)
  assert.deepEqual(causes, [error, error])
})

test('a failure of the function cancels the threads and is thrown itself', async () => {
  const error = new Error('of the function')
  let cause: unknown
  const end = outcomeOf((s) => {
    s.spawn(() => {
      try {
        wait(never)
      } catch (thrown) {
        cause = (thrown as Cancelled).cause
      }
    })
    throw error
  })
  assert.equal(await end, error)
  assert.equal(cause, error)
})

test('several failures come as an AggregateError in the order of time', async () => {
  const gates = [deferred(), deferred()]
  const end = outcomeOf((s) => {
    s.spawn(() => {
      try {
        wait(gates[1]?.promise)
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: this cleanup fails.
        throw new Error('second')
      }
    })
    s.spawn(() => {
      wait(gates[0]?.promise)
      throw new Error('first')
    })
    wait(never)
  })
  gates[0]?.resolve()
  const error = await end
  assert.ok(error instanceof AggregateError)
  assert.deepEqual(
    error.errors.map(({ message }) => message),
    ['first', 'second'],
  )
  assert.match(error.message, /^2 failures in one scope:\n- first\n- second$/)
})

test('an error that reaches the function through join counts once', async () => {
  const error = new Error('once')
  const end = outcomeOf((s) => {
    const child = s.spawn(() => {
      wait(untilParked())
      throw error
    })
    s.spawn(() => child.join())
    child.join()
  })
  assert.equal(await end, error)
})

test('stragglers are waited for, however often they swallow their cancellation', async () => {
  const log: string[] = []
  const gate = deferred()
  let isOver = false
  const end = outcomeOf((s) => {
    s.spawn(() => {
      for (let i = 0; i < 3; i++) {
        try {
          wait(never)
        } catch (error) {
          log.push((error as Error).name)
        }
      }
      shield(() => wait(gate.promise))
      log.push('straggler ends')
    })
    throw new Error('failed')
  }).finally(() => {
    isOver = true
  })
  await untilParked()
  assert.deepEqual(log, ['Cancelled', 'Cancelled', 'Cancelled'])
  assert.equal(isOver, false)
  gate.resolve()
  assert.match(String(await end), /failed/)
  assert.equal(log.at(-1), 'straggler ends')
})

test('a thread that somebody cancelled is no failure, but who joins it fails', async () => {
  assert.equal(
    await outcomeOf((s) => {
      s.spawn(() => wait(never)).cancel()
      return 'unharmed'
    }),
    'unharmed',
  )
  const error = await outcomeOf((s) => {
    const child = s.spawn(() => wait(never))
    child.cancel('by hand')
    child.join()
  })
  assert.ok(error instanceof Cancelled)
  assert.equal(error.cause, 'by hand')
})

test('a thread that fails before spawn returns cancels the scope: no new work begins', async () => {
  const error = new Error('at once')
  let isRun = false
  const end = outcomeOf((s) => {
    s.spawn(() => {
      throw error
    })
    s.spawn(() => {
      isRun = true
    })
  })
  assert.equal(await end, error)
  assert.equal(isRun, false)
})

test('ten thousand threads are cancelled when one fails', async () => {
  let cleanups = 0
  const error = await outcomeOf((s) => {
    for (let i = 0; i < 10_000; i++) {
      s.spawn(() => {
        try {
          wait(never)
        } finally {
          cleanups++
        }
      })
    }
    s.spawn(() => {
      wait(untilParked())
      throw new Error('one of many')
    })
  })
  assert.match(String(error), /one of many/)
  assert.equal(cleanups, 10_000)
  assert.equal(suspendedThreads().length, 0)
})
