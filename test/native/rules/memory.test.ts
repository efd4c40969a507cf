import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { addon } from '../../support/addon.ts'
import { fixtures } from '../../support/fixtures.ts'
import { collectFull, collectMinor, makeGarbage } from '../../support/garbage.ts'
import { Coroutine, dropIdleStacks } from '../../support/raw-coroutine.ts'
import { finish, suspendMany, withoutLeaks } from '../../support/suspended.ts'

const isLinux = process.platform === 'linux'
const skip = isLinux && addon.backend === 'stack' ? false : 'stacks of our own, on Linux'

const residentBytes = (): number => process.memoryUsage.rss()
const mappings = (): number => readFileSync('/proc/self/maps', 'utf8').split('\n').length

describe('memory of stacks', { skip }, () => {
  const usedBytes = 600 * 1024
  const count = 150

  /** Coroutines whose stacks have been used deeply. */
  const useDeeply = (): Coroutine[] => {
    const coroutines = Array.from(
      { length: count },
      () =>
        new Coroutine(() => {
          fixtures.useStack(usedBytes)
          Coroutine.suspend()
        }),
    )
    for (const coroutine of coroutines) coroutine.resume()
    return coroutines
  }

  test('that a suspended coroutine no longer needs is given back', () => {
    withoutLeaks(() => {
      const before = residentBytes()
      const coroutines = useDeeply()
      const grown = residentBytes() - before
      assert.ok(grown > count * usedBytes * 0.9, `grew by ${grown} bytes`)
      for (const { slot } of coroutines) addon.giveBack(slot)
      const left = residentBytes() - before
      assert.ok(left < grown / 4, `${left} of ${grown} bytes are left`)
      collectFull()
      for (const coroutine of coroutines) finish(coroutine)
    })
  })

  /** Until what they refer to has grown old, and beyond: not all give back in one collection. */
  const letRest = (): void => {
    for (let i = 0; i < 12; i++) {
      makeGarbage(300)
      collectMinor()
    }
  }

  test('that a stack at rest no longer needs is given back without being asked for', () => {
    withoutLeaks(() => {
      const before = residentBytes()
      const coroutines = useDeeply()
      const grown = residentBytes() - before
      letRest()
      const left = residentBytes() - before
      assert.ok(left < grown / 4, `${left} of ${grown} bytes are left`)
      for (const coroutine of coroutines) finish(coroutine)
    })
  })

  test('for handles that a stack at rest no longer has is given back', () => {
    withoutLeaks(() => {
      const most = 2000
      const residentAtRest = (handlesBefore: number): number => {
        const before = residentBytes()
        const crowd = Array.from({ length: most }, () => {
          return new Coroutine(() => {
            fixtures.useHandles(handlesBefore)
            Coroutine.suspend()
          })
        })
        for (const coroutine of crowd) coroutine.resume()
        letRest()
        const each = (residentBytes() - before) / most
        for (const coroutine of crowd) finish(coroutine)
        dropIdleStacks()
        return each
      }
      residentAtRest(0) // the heap has its size after that
      const [few, many] = [residentAtRest(0), residentAtRest(1000)] // the first block has 1022
      assert.ok(many - few < 4000, `${many} bytes each, ${few} without such handles`)
    })
  })

  test('is given back when stacks are destroyed, and used again by new ones', () => {
    withoutLeaks(() => {
      const before = residentBytes()
      for (let round = 0; round < 4; round++) {
        for (const coroutine of useDeeply()) finish(coroutine)
        dropIdleStacks()
      }
      const left = residentBytes() - before
      assert.ok(left < count * usedBytes, `${left} bytes are left after four rounds`)
    })
  })

  test('of a coroutine that is suspended shallow is the page it was made in, first handles included', () => {
    withoutLeaks(() => {
      const most = 10_000
      const pause = (): void => void Coroutine.suspend()
      const suspended = Array.from({ length: most }, () => new Coroutine(pause))
      collectFull()
      const before = residentBytes()
      for (const coroutine of suspended) coroutine.resume()
      const each = (residentBytes() - before) / most
      for (const coroutine of suspended) finish(coroutine)
      // On Node 22 there is a 13th handle, the first in the next page.
      const handles = process.version.startsWith('v22.') ? 4096 : 0
      assert.ok(each < handles + 2500, `${each} bytes more for each; a page has 4096`)
    })
  })

  const skipMalloc = fixtures.allocatedBytes() === undefined && 'the C library tells no figures'
  test('for handles that overflow their first block does not grow with the switches', {
    skip: skipMalloc,
  }, () => {
    withoutLeaks(() => {
      const rounds = 300
      const coroutine = new Coroutine(() => {
        for (;;) {
          fixtures.withHandles(() => {}, 2500)
          Coroutine.suspend()
        }
      })
      const runAll = (): number => {
        for (let round = 0; round < rounds; round++) coroutine.resume()
        return fixtures.allocatedBytes() as number
      }
      const first = runAll()
      const grown = runAll() - first
      coroutine.destroy()
      // A block has 8 KB.
      assert.ok(grown < rounds * 3000, `grew by ${grown} bytes`)
    })
  })

  test('of 100,000 suspended coroutines needs few mappings', () => {
    withoutLeaks(() => {
      const before = mappings()
      const many = suspendMany(100_000, 2)
      assert.ok(addon.liveStacks() >= many.length)
      const added = mappings() - before
      assert.ok(added < 20_000, `${added} mappings were added; Linux allows 65,530 by default`)
      for (const coroutine of many) coroutine.resume()
      assert.ok(many.every((coroutine) => coroutine.isDone))
    })
  })
})

test('ten thousand coroutines in turn on a warm stack use no more memory', () => {
  withoutLeaks(() => {
    const run = (): void => {
      for (let index = 0; index < 10_000; index++) {
        const coroutine = new Coroutine(() => Coroutine.suspend())
        coroutine.resume()
        coroutine.resume()
      }
    }
    const before = addon.liveStacks()
    run()
    assert.equal(addon.liveStacks(), before + 1)
  })
})
