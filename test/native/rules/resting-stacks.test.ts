import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createContext, runInContext } from 'node:vm'
import { fixtures } from '../../support/fixtures.ts'
import { collectFull, collectMinor, makeGarbage } from '../../support/garbage.ts'
import { Random } from '../../support/random.ts'
import { Coroutine } from '../../support/raw-coroutine.ts'
import { finish, withoutLeaks } from '../../support/suspended.ts'

// A minor collection need not visit a stack that holds nothing young. These hold objects of every age in
// every place, and rest for every number of collections.

interface Holder {
  name: string
  /** Suspends in the middle and throws if what it holds has changed. */
  hold(pause: () => void, tag: number): void
}

const young = (tag: number): { tag: number; more: [string, { tag: number }] } => ({
  tag,
  more: [`text${tag}`, { tag }],
})

const holders: Holder[] = [
  {
    name: 'local variables',
    hold(pause, tag) {
      const first = young(tag)
      pause()
      const second = young(tag + 1)
      pause()
      assert.deepEqual([first, second], [young(tag), young(tag + 1)])
    },
  },
  {
    name: 'arguments and expression temporaries',
    hold(pause, tag) {
      const all = (...items: unknown[]): unknown[] => items
      const paused = (): number => {
        pause()
        return tag
      }
      assert.deepEqual(all(young(tag), `a${tag}${paused()}`, [young(tag), paused()], young(tag)), [
        young(tag),
        `a${tag}${tag}`,
        [young(tag), tag],
        young(tag),
      ])
    },
  },
  {
    name: 'optimised frames',
    hold(pause, tag) {
      // Compiled anew for every coroutine, so that each gets hot by itself.
      const run = new Function(
        'pause',
        'tag',
        `let kept = null; let sum = 0
         for (let i = 0; i < 20000; i++) {
           const point = { tag, i }
           if (i === 19000) { kept = point; pause() }
           sum += point.tag
         }
         return kept.tag + kept.i + sum`,
      )
      assert.equal(run(pause, tag), tag + 19_000 + 20_000 * tag)
    },
  },
  {
    name: 'few handles of native code',
    hold(pause) {
      assert.equal(fixtures.withHandles(pause, 8), 28)
    },
  },
  {
    name: 'more handles than a first block holds',
    hold(pause) {
      assert.equal(fixtures.withHandles(pause, 3000), (2999 * 3000) / 2)
    },
  },
  {
    name: 'references next to words that look like some',
    hold(pause, tag) {
      const kept = young(tag)
      fixtures.withStrayWord(() => {
        const near = young(tag + 1)
        fixtures.withStrayWord(() => assert.equal(fixtures.withHandles(pause, 8), 28))
        assert.deepEqual(near, young(tag + 1))
      })
      assert.deepEqual(kept, young(tag))
    },
  },
  {
    name: 'an exception in a v8::TryCatch',
    hold(pause, tag) {
      const thrower = (): never => {
        throw young(tag)
      }
      assert.deepEqual(fixtures.catchThenCall(thrower, pause), young(tag))
    },
  },
  {
    name: 'nested scopes of the isolate',
    hold(pause, tag) {
      const result = fixtures.inIsolateScope(() => {
        const kept = young(tag)
        fixtures.withHandles(pause, 40)
        return kept
      })
      assert.deepEqual(result, young(tag))
    },
  },
  {
    name: 'contexts that were entered',
    hold(pause, tag) {
      const context = createContext({ pause, kept: young(tag) })
      assert.deepEqual(
        JSON.parse(runInContext('pause(); JSON.stringify(kept)', context)),
        young(tag),
      )
    },
  },
  {
    name: 'the state of native algorithms',
    hold(pause, tag) {
      const sorted = [young(3), young(1), young(2)].sort((a, b) => {
        pause()
        return a.tag - b.tag
      })
      assert.deepEqual(sorted, [young(1), young(2), young(3)])
      const parsed = JSON.parse(`[{"a":"b${tag}"},"c${tag}"]`, (_key, value) => {
        pause()
        return value
      })
      assert.deepEqual(parsed, [{ a: `b${tag}` }, `c${tag}`])
    },
  },
]

/** One coroutine per kind of holder, `age` minor collections between what each of them makes. */
function holdAll(tag: number): Coroutine[] {
  return holders.map(
    ({ name, hold }) =>
      new Coroutine(() => {
        hold(() => Coroutine.suspend(), tag)
        return name
      }),
  )
}

function collectTimes(count: number): void {
  for (let round = 0; round < count; round++) {
    makeGarbage(300)
    collectMinor()
  }
}

describe('what a suspended stack holds survives', () => {
  for (const rest of [0, 1, 2, 3, 4, 5, 8, 16]) {
    test(`${rest} minor collections at each suspension`, () => {
      withoutLeaks(() => {
        const crowd = [1, 2, 3].flatMap((tag) => holdAll(tag))
        while (crowd.some((coroutine) => !coroutine.isDone)) {
          for (const coroutine of crowd) if (!coroutine.isDone) coroutine.resume()
          collectTimes(rest)
        }
      })
    })
  }

  test('a rest of random length, full collections included', () => {
    withoutLeaks(() => {
      const random = new Random()
      let crowd = [4, 5, 6, 7].flatMap((tag) => holdAll(tag))
      while (crowd.length > 0) {
        for (let turns = random.below(crowd.length + 1); turns > 0; turns--) {
          const coroutine = random.pick(crowd)
          if (!coroutine.isDone) coroutine.resume()
        }
        crowd = crowd.filter((coroutine) => !coroutine.isDone)
        collectTimes(random.below(5))
        if (random.below(4) === 0) collectFull()
        // Objects that the suspended ones refer to get young neighbours and move apart.
        makeGarbage(random.below(3000))
      }
    })
  })

  test('a long rest, from which one is woken to make something young', () => {
    withoutLeaks(() => {
      let made: { tag: number } | undefined
      const writer = new Coroutine(() => {
        const box: { inner?: { tag: number } } = {}
        for (let round = 0; round < 10; round++) {
          const fresh = { tag: round }
          box.inner = fresh
          made = fresh
          Coroutine.suspend()
          assert.equal(fresh, box.inner)
          assert.equal(fresh.tag, round)
          assert.equal(made, fresh)
        }
      })
      while (!writer.isDone) {
        writer.resume()
        collectTimes(6)
      }
      finish(new Coroutine(() => collectTimes(3)))
    })
  })

  test('an old object that is changed while its stack rests', () => {
    withoutLeaks(() => {
      const box: { inner: { tag: number } | undefined } = { inner: undefined }
      const reader = new Coroutine(() => {
        const mine = box
        for (let round = 0; round < 8; round++) {
          Coroutine.suspend()
          assert.equal(mine.inner?.tag, round)
        }
      })
      reader.resume()
      for (let round = 0; !reader.isDone; round++) {
        collectTimes(4)
        box.inner = { tag: round }
        collectMinor()
        reader.resume()
      }
    })
  })
})
