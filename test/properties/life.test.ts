import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { useSeededScheduler } from 'greenthreads/testing'
import { contests } from './contest-program.ts'
import { type Case, cases } from './life-program.ts'
import { startLife } from './life-run.ts'
import { inLifeWorld } from './life-world.ts'
import { settings } from './settings.ts'

test('threads that fork, join, fail, sleep and are cancelled end as the model says', async () => {
  await fc.assert(
    fc.asyncProperty(cases(false), async (program) => {
      await run(program)
    }),
    settings(0.1),
  )
})

test('they do so in every order, and a seed gives its order again', async () => {
  await fc.assert(
    fc.asyncProperty(cases(false), fc.nat(), async (program, seed) => {
      assert.deepEqual(await run(program, seed), await run(program, seed))
    }),
    settings(0.1),
  )
})

const sharing = fc.oneof(cases(true), contests())

test('threads that share locks, semaphores, events, conditions, barriers, channels and pools lose nothing', async () => {
  await fc.assert(
    fc.asyncProperty(sharing, async (program) => {
      await run(program)
    }),
    settings(0.1),
  )
})

test('nor do they in any other order', async () => {
  await fc.assert(
    fc.asyncProperty(sharing, fc.nat(), async (program, seed) => {
      assert.deepEqual(await run(program, seed), await run(program, seed))
    }),
    settings(0.1),
  )
})

async function run({ bodies, ending }: Case, seed?: number): Promise<string[]> {
  const scheduler = seed === undefined ? undefined : useSeededScheduler(seed)
  try {
    return await inLifeWorld(seed === undefined, async (world) => {
      for (const [index, body] of bodies.entries()) startLife(world, body, `t${index}`)
      await world.runToEnd(ending)
    })
  } finally {
    scheduler?.restore()
  }
}
