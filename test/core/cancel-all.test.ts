import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Cancelled,
  cancelAll,
  current,
  GreenThread,
  shield,
  spawn,
  TimedOut,
  WaitOnItselfError,
  wait,
} from 'greenthreads'
import { park } from 'greenthreads/lowlevel'
import { untilParked, useVirtualClock } from 'greenthreads/testing'
import { deferred, never } from './deferred.ts'

/** A thread in one of the states in which it can be cancelled, and how often its body and its end were seen. */
interface Subject {
  readonly thread: GreenThread
  readonly seen: { begun: number; cleaned: number; ended: number }
}

function subject(kind: keyof typeof expectations): Subject {
  const seen = { begun: 0, cleaned: 0, ended: 0 }
  const body = (): void => {
    seen.begun++
    try {
      if (kind === 'running') cancelSelf()
      if (kind !== 'over') wait(never)
    } finally {
      seen.cleaned++
    }
  }
  const cancelSelf = (): void => current()?.cancel('kill')
  const thread = new GreenThread(body)
  thread.onEnd(() => seen.ended++)
  if (kind !== 'unstarted') thread.start()
  return { thread, seen }
}

const expectations = {
  unstarted: { begun: 0, cleaned: 0, ended: 1 },
  suspended: { begun: 1, cleaned: 1, ended: 1 },
  running: { begun: 1, cleaned: 1, ended: 1 },
  over: { begun: 1, cleaned: 1, ended: 1 },
} as const

for (const kind of ['unstarted', 'suspended', 'running', 'over'] as const) {
  const state = kind === 'over' ? 'finished' : 'cancelled'

  test(`one that is ${kind} is ${state} by cancel, and its end is seen once`, async () => {
    const { thread, seen } = subject(kind)
    thread.cancel('kill')
    thread.cancel('again')
    await untilParked()
    assert.equal(thread.state, state)
    assert.deepEqual(seen, expectations[kind])
  })

  test(`all that are ${kind} are ${state} by cancelAll, and their ends are seen once`, async () => {
    const subjects = [subject(kind), subject(kind), subject(kind)]
    const threads = subjects.map(({ thread }) => thread)
    await spawn(() => cancelAll([...threads, ...threads], 'kill'))
    await untilParked()
    for (const { thread, seen } of subjects) {
      assert.equal(thread.state, state)
      assert.deepEqual(seen, expectations[kind])
    }
  })
}

test('it waits until all have ended, cleanup included, and throws none of their errors', async () => {
  const gate = deferred()
  const causes: unknown[] = []
  const body = (): void => {
    try {
      wait(never)
    } catch (error) {
      causes.push((error as Cancelled).cause)
      shield(() => wait(gate.promise))
      throw error
    }
  }
  const threads = [spawn(body), spawn(body)]
  const canceller = spawn(() => cancelAll(threads, 'shutdown'))
  await untilParked()
  assert.equal(canceller.state, 'suspended')
  gate.resolve()
  await canceller
  assert.deepEqual(causes, ['shutdown', 'shutdown'])
})

test('it waits no longer than it may', async () => {
  const clock = useVirtualClock()
  try {
    const gate = deferred()
    const straggler = spawn(() => shield(() => wait(gate.promise)))
    const canceller = spawn(() => cancelAll([straggler], undefined, { timeoutMs: 10 }))
    await assert.rejects(async () => await clock.runUntil(canceller), TimedOut)
    assert.equal(straggler.state, 'suspended')
    gate.resolve()
    await straggler
  } finally {
    clock.restore()
  }
})

test('on the main stack it cancels what has not begun, and otherwise nothing', async () => {
  const unstarted = new GreenThread(() => {})
  cancelAll([unstarted, spawn(() => 1)])
  assert.equal(unstarted.state, 'cancelled')
  const suspended = spawn(() => wait(never))
  assert.throws(() => cancelAll([suspended]), {
    code: 'ERR_GT_NOT_IN_GREEN_THREAD',
    message: /t\.cancel\(\); await Promise\.allSettled\(threads\)/,
  })
  suspended.cancel('by hand')
  await assert.rejects(async () => await suspended, { cause: 'by hand' })
})

test('a thread does not cancel itself among others', async () => {
  const other = spawn(() => wait(never))
  await spawn(() => {
    assert.throws(() => cancelAll([other, current() as GreenThread]), WaitOnItselfError)
    assert.equal(other.state, 'suspended')
    cancelAll([other])
  })
})

test('a function called on the way that throws does not keep the others from being cancelled', async () => {
  const threads = [
    spawn(() =>
      park(() => {
        throw new Error('onAbandon fails')
      }),
    ),
    spawn(() => wait(never)),
  ]
  const canceller = spawn(() => cancelAll(threads))
  await assert.rejects(async () => await canceller, /onAbandon fails/)
  assert.deepEqual(
    threads.map(({ state }) => state),
    ['cancelled', 'cancelled'],
  )
  await assert.rejects(async () => await threads[0], Cancelled)
})
