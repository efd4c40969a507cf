import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Barrier,
  BrokenBarrierError,
  Cancelled,
  type GreenThread,
  spawn,
  TimedOut,
  yieldNow,
} from 'greenthreads'
import { explore, untilParked, useVirtualClock } from 'greenthreads/testing'
import { noSuspension } from '../support/no-suspension.ts'

const isBroken = { code: 'ERR_GT_BROKEN_BARRIER' }

test('all wait for the last, and are told in which order they came', async () => {
  const barrier = new Barrier(3)
  const log: string[] = []
  const first = spawn(() => {
    const index = barrier.wait()
    log.push('first goes on')
    return index
  })
  const second = barrier.waitAsync()
  await untilParked()
  assert.equal(barrier.waiting, 2)
  assert.deepEqual(log, [])
  assert.equal(barrier.wait(), 2, 'the last one may be on the main stack')
  assert.equal(barrier.waiting, 0)
  assert.deepEqual(await Promise.all([first, second]), [0, 1])
})

test('it is used again, and nobody gets a round ahead', async () => {
  await explore(
    () => {
      const barrier = new Barrier(3)
      const rounds = [0, 0, 0]
      const threads = rounds.map((_, i) =>
        spawn(() => {
          for (let round = 1; round <= 4; round++) {
            rounds[i] = round
            barrier.wait()
            assert.ok(rounds.every((other) => other === round || other === round + 1))
          }
        }),
      )
      for (const thread of threads) thread.join()
      assert.deepEqual(rounds, [4, 4, 4])
      assert.equal(barrier.waiting, 0)
    },
    { runs: 50 },
  )
})

test('one party alone never waits', () => {
  assert.equal(new Barrier(1).wait(), 0)
})

test('the last that arrives runs the action before the others go on', async () => {
  const log: string[] = []
  const barrier = new Barrier(2, () => log.push('action'))
  const first = spawn(() => {
    barrier.wait()
    log.push('first')
  })
  const second = spawn(() => {
    log.push('second arrives')
    barrier.wait()
    log.push('second')
  })
  await Promise.all([first, second])
  assert.deepEqual(log, ['second arrives', 'action', 'second', 'first'])
})

test('who arrives while the action waits belongs to the next round', async () => {
  let actions = 0
  const barrier = new Barrier(2, () => {
    actions++
    yieldNow()
  })
  const pair = [spawn(() => barrier.wait()), spawn(() => barrier.wait())]
  const early = spawn(() => barrier.wait())
  assert.equal(barrier.waiting, 1)
  assert.deepEqual(await Promise.all(pair), [0, 1])
  assert.equal(early.state, 'suspended')
  assert.equal(await spawn(() => barrier.wait()), 1)
  assert.equal(await early, 0)
  assert.equal(actions, 2)
})

test('an action that throws breaks it, for the last one with its error', async () => {
  const error = new Error('no agreement')
  const barrier = new Barrier(2, () => {
    throw error
  })
  const first = spawn(() => barrier.wait())
  const end = assert.rejects(async () => await first, { ...isBroken, cause: error })
  assert.throws(() => barrier.wait(), error)
  await end
  assert.equal(barrier.isBroken, true)
  assert.throws(() => barrier.wait(), isBroken)
})

test('a party whose time is over breaks it for all', async () => {
  using clock = useVirtualClock()
  const barrier = new Barrier(4)
  const late = spawn(() => barrier.wait(10))
  const patient = spawn(() => barrier.wait(100))
  const task = barrier.waitAsync({ timeoutMs: 100 })
  const ends = [
    assert.rejects(async () => await late, BrokenBarrierError),
    assert.rejects(
      async () => await patient,
      (error) => {
        assert.ok(error instanceof BrokenBarrierError)
        assert.ok(error.cause instanceof TimedOut)
        assert.equal(error.cause.message, 'barrier.wait() did not finish within 10 ms')
        return true
      },
    ),
    assert.rejects(task, BrokenBarrierError),
  ]
  await clock.advance(10)
  await Promise.all(ends)
  assert.equal(barrier.isBroken, true)
  assert.equal(barrier.waiting, 0)
  assert.equal(clock.pending, 0)
  await assert.rejects(barrier.waitAsync(), (error) => {
    assert.ok(error instanceof BrokenBarrierError)
    return error.cause instanceof TimedOut
  })
})

test('a limit of no time never suspends: all have to be there', async () => {
  const barrier = new Barrier(2)
  const first = spawn(() => barrier.wait())
  assert.equal(barrier.wait(0), 1)
  assert.equal(await first, 0)
  assert.throws(() => barrier.wait(0), isBroken)
  assert.equal(barrier.isBroken, true)
})

test('a party that is cancelled breaks it for the others', async () => {
  const barrier = new Barrier(3)
  const cancelled = spawn(() => barrier.wait())
  const other = spawn(() => barrier.wait())
  const ends = [
    assert.rejects(async () => await cancelled, Cancelled),
    assert.rejects(
      async () => await other,
      (error) => {
        assert.ok(error instanceof BrokenBarrierError)
        assert.ok(error.cause instanceof Cancelled)
        return true
      },
    ),
  ]
  cancelled.cancel()
  await Promise.all(ends)
})

test('a promise whose signal aborts breaks it for the others', async () => {
  const barrier = new Barrier(3)
  const controller = new AbortController()
  const aborted = barrier.waitAsync({ signal: controller.signal })
  const other = spawn(() => barrier.wait())
  const ends = [
    assert.rejects(aborted, /not any more/),
    assert.rejects(async () => await other, isBroken),
  ]
  controller.abort(new Error('not any more'))
  await Promise.all(ends)
})

test('a party that was let through before it was cancelled breaks nothing', async () => {
  const barrier = new Barrier(2)
  const first = spawn(() => barrier.wait())
  const second = spawn(() => barrier.wait())
  first.cancel()
  assert.deepEqual(await Promise.all([first, second]), [0, 1])
  assert.equal(barrier.isBroken, false)
})

test('a party that leaves while the action runs breaks the round for all in it', async () => {
  using clock = useVirtualClock()
  const gate = new Barrier(2)
  const barrier = new Barrier(2, () => gate.wait())
  const impatient = spawn(() => barrier.wait(10))
  const last = spawn(() => barrier.wait())
  const ends = [impatient, last].map((thread) => assert.rejects(async () => await thread, isBroken))
  await clock.advance(10)
  gate.wait()
  await Promise.all(ends)
})

test('abort breaks it on purpose, until it is reset', async () => {
  const barrier = new Barrier(2)
  const waiting = spawn(() => barrier.wait())
  const end = assert.rejects(async () => await waiting, {
    ...isBroken,
    message: /abort\(\) was called/,
  })
  barrier.abort()
  await end
  assert.throws(() => barrier.wait(), isBroken)
  barrier.reset()
  assert.equal(barrier.isBroken, false)
  const first = spawn(() => barrier.wait())
  assert.equal(barrier.wait(), 1)
  assert.equal(await first, 0)
})

test('reset sends those away that wait, and leaves it usable', async () => {
  const barrier = new Barrier(2)
  const waiting = spawn(() => barrier.wait())
  const end = assert.rejects(async () => await waiting, {
    ...isBroken,
    message: /reset\(\) was called before all had arrived/,
  })
  barrier.reset()
  const first = spawn(() => barrier.wait())
  await end
  assert.equal(barrier.isBroken, false)
  assert.equal(barrier.waiting, 1)
  barrier.wait()
  assert.equal(await first, 0)
})

test('who arrives after one was cancelled does not take its place, even before that one knows', async () => {
  const barrier = new Barrier(3)
  const outcomes: string[] = []
  const arrive = (name: string): GreenThread =>
    spawn(() => {
      try {
        outcomes.push(`${name} came as ${barrier.wait()}`)
      } catch (error) {
        const { name: kind, cause } = error as Error
        outcomes.push(`${name}: ${kind}, ${(cause as Error | undefined)?.name}`)
      }
    })
  const first = arrive('first')
  arrive('second')
  first.cancel()
  assert.equal(barrier.isBroken, true)
  arrive('third')
  arrive('fourth')
  await untilParked()
  assert.deepEqual(outcomes, [
    'third: BrokenBarrierError, undefined',
    'fourth: BrokenBarrierError, undefined',
    'first: Cancelled, undefined',
    'second: BrokenBarrierError, Cancelled',
  ])
  assert.equal(barrier.waiting, 0)
})

test('who can not wait has not arrived', () => {
  const barrier = new Barrier(2)
  assert.throws(() => barrier.wait(), {
    code: 'ERR_GT_NOT_IN_GREEN_THREAD',
    message: /await barrier\.waitAsync\(\)/,
  })
  for (const { code, callThere } of noSuspension) {
    spawn(() => assert.throws(() => callThere(() => barrier.wait()), { code })).join()
  }
  assert.equal(barrier.isBroken, false)
  assert.equal(barrier.waiting, 0)
})

test('what is no number of parties is refused', () => {
  for (const parties of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => new Barrier(parties), { code: 'ERR_GT_INVALID_ARGUMENT' })
  }
})
