import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFull } from '../../support/garbage.ts'
import { Coroutine } from '../../support/raw-coroutine.ts'
import { finish, suspendMany, withoutLeaks } from '../../support/suspended.ts'

/** How deep the running stack can go; ends by catching a RangeError. */
function deepest(): number {
  let depth = 0
  const descend = (): void => {
    depth++
    descend()
  }
  assert.throws(descend, RangeError)
  return depth
}

/** Depths differ a little with the frames that are there already. */
function assertSimilar(depth: number, expected: number): void {
  assert.ok(
    Math.abs(depth - expected) < expected / 5,
    `reached a depth of ${depth}, expected about ${expected}`,
  )
}

// V8 13 and later keep a second word beside the limit, which is not archived with a thread.
test('the main stack keeps its limit after switches of every kind', () => {
  withoutLeaks(() => {
    deepest()
    const before = deepest()
    const [first, second] = suspendMany(2) as [Coroutine, Coroutine]
    assertSimilar(deepest(), before)
    const third = new Coroutine(() => Coroutine.transferTo(first))
    third.resume()
    assertSimilar(deepest(), before)
    finish(second)
    assertSimilar(deepest(), before)
    finish(third)
    collectFull()
    assertSimilar(deepest(), before)
  })
})

test('the main stack overflows with a RangeError after a coroutine did', () => {
  withoutLeaks(() => {
    const before = deepest()
    for (let round = 0; round < 3; round++) {
      finish(new Coroutine(() => deepest()))
      assertSimilar(deepest(), before)
    }
  })
})

test('the main stack keeps its limit after coroutines with smaller and larger stacks', () => {
  withoutLeaks(() => {
    deepest()
    const before = deepest()
    for (const stackBytes of [192 * 1024, 8 * 1024 * 1024, 256 * 1024]) {
      const coroutine = new Coroutine(() => {
        deepest()
        Coroutine.suspend()
      }, stackBytes)
      coroutine.resume()
      assertSimilar(deepest(), before)
      finish(coroutine)
      assertSimilar(deepest(), before)
    }
  })
})

test('a coroutine has its own limit in every slice', () => {
  withoutLeaks(() => {
    const depths: number[] = []
    const measured = new Coroutine(() => {
      deepest()
      for (let slice = 0; slice < 4; slice++) {
        depths.push(deepest())
        Coroutine.suspend()
      }
    })
    const other = new Coroutine(() => {
      for (let slice = 0; slice < 4; slice++) {
        deepest()
        Coroutine.suspend()
      }
    })
    while (!measured.isDone) {
      measured.resume()
      other.resume()
      deepest()
    }
    assert.equal(depths.length, 4)
    for (const depth of depths) assertSimilar(depth, depths[0] as number)
  })
})

test('a larger stack goes deeper', () => {
  withoutLeaks(() => {
    const depthOf = (stackBytes: number): number => {
      let depth = 0
      finish(
        new Coroutine(() => {
          deepest()
          depth = deepest()
        }, stackBytes),
      )
      return depth
    }
    const small = depthOf(256 * 1024)
    const large = depthOf(4 * 1024 * 1024)
    assert.ok(small > 100, `${small} frames in 256 KiB`)
    assert.ok(large > small * 8, `${large} frames in 4 MiB, ${small} in 256 KiB`)
  })
})

test('a coroutine can overflow, catch the error and go on', () => {
  withoutLeaks(() => {
    const coroutine = new Coroutine(() => {
      let caught = 0
      for (let round = 0; round < 5; round++) {
        deepest()
        caught++
        Coroutine.suspend()
      }
      return caught
    })
    assert.equal(finish(coroutine), 5)
  })
})

test('an uncaught overflow fails only its own coroutine', () => {
  withoutLeaks(() => {
    const [neighbour] = suspendMany(1) as [Coroutine]
    const forever = (): number => forever() + 1
    assert.throws(() => new Coroutine(forever).resume(), RangeError)
    assert.equal(finish(neighbour), 0)
  })
})

test('suspending near the end of the stack works or throws a RangeError', () => {
  withoutLeaks(() => {
    let suspensions = 0
    const descend = (): void => {
      try {
        descend()
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        if (suspensions >= 50) return
        suspensions++
        Coroutine.suspend()
      }
    }
    const coroutine = new Coroutine(descend)
    while (!coroutine.isDone) {
      try {
        coroutine.resume()
      } catch (error) {
        assert.ok(error instanceof RangeError)
      }
      collectFull()
    }
    assert.ok(suspensions > 0)
  })
})
