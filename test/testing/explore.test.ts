import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  current,
  FailingSeedError,
  type GreenThread,
  StalledError,
  sleep,
  spawn,
  ThreadsLeftError,
  wait,
  yieldNow,
} from 'greenthreads'
import { park, suspendedThreads } from 'greenthreads/lowlevel'
import { explore } from 'greenthreads/testing'
import { never } from '../core/deferred.ts'

/** Loses an update when both have read before one of them writes. */
function withdrawTwice(): void {
  let balance = 100
  const withdraw = (): void => {
    wait(Promise.resolve())
    const before = balance
    yieldNow()
    balance = before - 10
  }
  const threads = [spawn(withdraw), spawn(withdraw)]
  for (const thread of threads) thread.join()
  assert.equal(balance, 80)
}

async function failureOf(exploration: Promise<void>): Promise<FailingSeedError> {
  try {
    await exploration
  } catch (error) {
    assert.ok(error instanceof FailingSeedError, String(error))
    return error
  }
  return assert.fail('every run succeeded')
}

test('an order in which a program goes wrong is found, and its seed gives it again', async () => {
  const found = await failureOf(explore(withdrawTwice))
  assert.match(found.message, /^Run \d+ of 100 failed, with the seed \d+: AssertionError/)
  assert.match(
    found.message,
    new RegExp(`explore\\(program, \\{ seed: ${found.seed}, runs: 1 \\}\\)`),
  )
  assert.equal((found.cause as { code: string }).code, 'ERR_ASSERTION')
  const again = await failureOf(explore(withdrawTwice, { seed: found.seed, runs: 1 }))
  assert.equal(again.seed, found.seed)
})

test('each run has the next seed', async () => {
  let runs = 0
  const program = (): void => {
    runs++
    if (runs === 3) throw new Error('enough')
  }
  const { seed, message } = await failureOf(explore(program, { seed: 2 ** 32 - 1, runs: 5 }))
  assert.equal(seed, 1)
  assert.match(message, /^Run 3 of 5 failed, with the seed 1: Error: enough\n/)
})

test('a program that is right in every order passes, without real time', async () => {
  let runs = 0
  await explore(
    async () => {
      const threads = [3, 1, 2].map((hours) =>
        spawn(() => {
          sleep(hours * 3_600_000)
          return hours
        }),
      )
      assert.deepEqual(await Promise.all(threads), [3, 1, 2])
      runs++
    },
    { runs: 20 },
  )
  assert.equal(runs, 20)
})

test('the program runs in a green thread', async () => {
  await explore(() => assert.equal(current()?.state, 'running'), { runs: 1 })
})

test('a deadlock is an error that shows who waits where', async () => {
  const { cause } = await failureOf(
    explore(function waitForever() {
      wait(never)
    }),
  )
  assert.ok(cause instanceof StalledError)
  assert.match(cause.message, /one green thread is suspended/)
  assert.match(cause.message, /\(waitForever\)\n {4}at waitForever /)
  assert.deepEqual(suspendedThreads(), [])
})

test('a thread that the program leaves behind is an error', async () => {
  const { cause } = await failureOf(
    explore(() => {
      spawn(function ticker() {
        for (;;) sleep(1)
      })
      sleep(10)
    }),
  )
  assert.ok(cause instanceof ThreadsLeftError)
  assert.match(cause.message, /\(ticker\)/)
  assert.deepEqual(suspendedThreads(), [])
})

test('a thread that was suspended before the run is left alone', async () => {
  const bystander: GreenThread = spawn(() => park())
  await explore(() => yieldNow(), { runs: 2 })
  assert.equal(bystander.state, 'suspended')
  bystander.cancel()
  await assert.rejects(async () => await bystander)
})

test('an error that nobody observes fails the run that it belongs to', async () => {
  const program = (): void => {
    spawn(() => {
      throw new Error('nobody looks')
    })
    sleep(1)
  }
  // The runner of this test listens as well, and would count the error against this test.
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  try {
    const { cause, seed } = await failureOf(explore(program, { seed: 5 }))
    assert.equal((cause as Error).message, 'nobody looks')
    assert.equal(seed, 5)
  } finally {
    for (const listener of listeners) process.on('unhandledRejection', listener)
  }
})

test('a number of runs that is none is named', async () => {
  await assert.rejects(
    explore(() => {}, { runs: 0 }),
    { code: 'ERR_GT_INVALID_ARGUMENT', message: 'runs must be an integer from 1, got 0' },
  )
})
