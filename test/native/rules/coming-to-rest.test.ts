import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { addon } from '../../support/addon.ts'
import { runProgram } from '../../support/child.ts'
import { fixtures } from '../../support/fixtures.ts'
import { collectMinor, makeGarbage } from '../../support/garbage.ts'
import { Coroutine } from '../../support/raw-coroutine.ts'
import { finish, suspendMany, withoutLeaks } from '../../support/suspended.ts'
import { nodeMajor } from '../../support/versions.ts'

// What is held while a stack rests: resting-stacks.test.ts. Here: that stacks do rest, and when.

const areThreads = addon.backend === 'thread' && 'V8 itself keeps the stacks of threads'

describe('a suspended stack comes to rest', { skip: areThreads }, () => {
  const count = 20

  /** Suspends coroutines in `body`; returns how many of them rest after each of five collections. */
  const restingAfterEach = (body: () => void): number[] => {
    const before = addon.info().restingStacks
    const crowd = Array.from({ length: count }, () => new Coroutine(body))
    for (const coroutine of crowd) coroutine.resume()
    const counts = Array.from({ length: 5 }, () => {
      makeGarbage(300)
      collectMinor()
      return addon.info().restingStacks - before
    })
    for (const coroutine of crowd) finish(coroutine)
    assert.equal(addon.info().restingStacks, before, 'a stack that ran rests no more')
    return counts
  }

  test('when what it refers to has grown old', () => {
    withoutLeaks(() => {
      const counts = restingAfterEach(() => {
        const kept = { list: [{}] }
        Coroutine.suspend()
        assert.deepEqual(kept, { list: [{}] })
      })
      assert.deepEqual([counts.at(0), counts.at(-1)], [0, count], `${counts}`)
    })
  })

  test('although a word on it looks like a reference to a young object', () => {
    withoutLeaks(() => {
      const counts = restingAfterEach(() => fixtures.withStrayWord(() => Coroutine.suspend()))
      assert.deepEqual([counts.at(0), counts.at(-1)], [0, count], `${counts}`)
    })
  })

  test('although there are such words of both ages, one of which always looks alive', () => {
    withoutLeaks(() => {
      const counts = restingAfterEach(() =>
        fixtures.withStrayWord(() => {
          collectMinor()
          fixtures.withStrayWord(() => Coroutine.suspend())
        }),
      )
      assert.equal(counts.at(-1), count, `${counts}`)
    })
  })
})

test('minor collections do not visit stacks that rest', { skip: areThreads }, () => {
  const leastTimeOfCollection = (): number => {
    const times = Array.from({ length: 10 }, () => {
      const began = performance.now()
      collectMinor()
      return performance.now() - began
    })
    return Math.min(...times)
  }
  withoutLeaks(() => {
    const without = leastTimeOfCollection()
    const many = suspendMany(10_000, 20)
    for (let round = 0; round < 4; round++) collectMinor()
    const added = leastTimeOfCollection() - without
    for (const coroutine of many) finish(coroutine)
    assert.ok(added < 6, `10,000 stacks at rest add ${added} ms; to visit them takes 20`)
  })
})

describe('what a stack holds survives flags of V8 with which young objects', () => {
  const flagSets: Record<string, [number, string[]]> = {
    'are never moved': [22, ['--minor-ms']],
    'are promoted at random': [26, ['--scavenger-chaos-mode']],
    'are pinned and stay young': [
      24,
      ['--scavenger-precise-object-pinning', '--no-scavenger-promote-quarantined-pages'],
    ],
    'are pinned now and then': [
      24,
      [
        '--stress-scavenger-conservative-object-pinning-random',
        '--no-scavenger-promote-quarantined-pages',
      ],
    ],
  }
  for (const [effect, [sinceMajor, flags]] of Object.entries(flagSets)) {
    const skip = nodeMajor < sinceMajor && `this version has no ${flags.join(' ')}`
    test(effect, { skip }, async () => {
      const ended = await runProgram(new URL('resting-stacks.test.js', import.meta.url), [], {
        flags,
      })
      assert.deepEqual([ended.code, ended.signal], [0, null], ended.stdout + ended.stderr)
    })
  }
})
