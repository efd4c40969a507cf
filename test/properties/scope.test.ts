import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { untilParked, useSeededScheduler, useVirtualClock } from 'greenthreads/testing'
import { type Program, programs } from './scope-program.ts'
import { ScopeRun } from './scope-run.ts'
import { settings } from './settings.ts'

test('a scope ends with its last thread, and throws exactly what failed in it, at once', async () => {
  await fc.assert(
    fc.asyncProperty(programs(false), async (bodies) => {
      await run(bodies, true)
    }),
    settings(0.05),
  )
})

test('so it does when threads, scopes and time interrupt each other', async () => {
  await fc.assert(
    fc.asyncProperty(programs(true), async (bodies) => {
      await run(bodies, false)
    }),
    settings(0.1),
  )
})

test('so it does in every order', async () => {
  await fc.assert(
    fc.asyncProperty(programs(true), fc.nat(), async (bodies, seed) => {
      assert.deepEqual(await run(bodies, false, seed), await run(bodies, false, seed))
    }),
    settings(0.05),
  )
})

async function run(bodies: Program[], isSwift: boolean, seed?: number): Promise<string[]> {
  using clock = useVirtualClock()
  const scheduler = seed === undefined ? undefined : useSeededScheduler(seed)
  const program = new ScopeRun(clock, isSwift)
  try {
    await program.run(bodies)
  } finally {
    // So that a program that failed does not disturb the next one.
    for (const thread of suspendedThreads()) thread.cancel('the program has failed')
    await untilParked()
    scheduler?.restore()
  }
  return program.trace
}
