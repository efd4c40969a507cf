import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { useSeededScheduler } from 'greenthreads/testing'
import { startAsync, startNestedAsync } from './order-async.ts'
import { startGreen } from './order-green.ts'
import { type Program, programs } from './order-program.ts'
import { World } from './order-world.ts'
import { settings } from './settings.ts'

test('green threads run in the order of the same program in async/await', async () => {
  await fc.assert(
    fc.asyncProperty(programs(true), async (bodies) => {
      const expected = await new World().run(bodies, startAsync)
      const actual = await new World().run(bodies, startGreen)
      assert.deepEqual(actual.trace, expected.trace)
      assert.deepEqual(suspendedThreads(), [])
    }),
    settings(0.1),
  )
})

test('each thread does what it does with a nested async function for each call', async () => {
  await fc.assert(
    fc.asyncProperty(programs(false), async (bodies) => {
      const expected = await new World().run(bodies, startNestedAsync)
      const actual = await new World().run(bodies, startGreen)
      assert.deepEqual(actual.byThread(), expected.byThread())
    }),
    settings(0.05),
  )
})

test('whichever thread a seed lets go on, each does the same, and the seed gives the order again', async () => {
  await fc.assert(
    fc.asyncProperty(programs(false), fc.nat(), async (bodies, seed) => {
      const usual = await new World().run(bodies, startGreen)
      const seeded = await runSeeded(bodies, seed)
      assert.deepEqual(seeded.byThread(), usual.byThread())
      assert.deepEqual((await runSeeded(bodies, seed)).trace, seeded.trace)
    }),
    settings(0.05),
  )
})

async function runSeeded(bodies: readonly Program[], seed: number): Promise<World> {
  using _ = useSeededScheduler(seed)
  return await new World().run(bodies, startGreen)
}
