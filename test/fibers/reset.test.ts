import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { shield, wait } from 'greenthreads'
import Fiber from 'greenthreads/fibers'
import { stacksInUse } from '../greenlet/stacks.ts'
import { collectFull } from '../support/garbage.ts'

/** A Fiber is watched after the first cycle it yields in, and lost in a later one. */
async function collectRepeatedly(isDone: () => boolean): Promise<void> {
  for (let i = 0; i < 12 && !isDone(); i++) {
    collectFull()
    await turn()
  }
}

/** Starts as many, and keeps none. No variable here holds one. */
function startSome(count: number, body: () => unknown): void {
  for (let i = 0; i < count; i++) Fiber(body).run()
}

test('reset() ends a Fiber: finally runs, and it may start anew', () => {
  const log: string[] = []
  const fiber = Fiber(() => {
    log.push('start')
    try {
      Fiber.yield()
    } finally {
      log.push('finally')
    }
  })
  fiber.run()
  assert.equal(fiber.reset(), undefined)
  assert.equal(fiber.started, false)
  fiber.run()
  fiber.run()
  assert.deepEqual(log, ['start', 'finally', 'start', 'finally'])
})

test('reset() of a Fiber that has not started does nothing', () => {
  const fiber = Fiber(() => assert.fail('it runs'))
  assert.equal(fiber.reset(), undefined)
  assert.equal(fiber.started, false)
})

test('reset() goes through 1000 catches: each further yield() throws the same error', () => {
  const caught = new Set<unknown>()
  let count = 0
  const fiber = Fiber(() => {
    for (; count < 1000; count++) {
      try {
        Fiber.yield()
      } catch (error) {
        caught.add(error)
      }
    }
  })
  fiber.run()
  fiber.reset()
  assert.equal(count, 1000)
  assert.deepEqual(
    [...caught].map((error) => (error as Error).message),
    ['This Fiber is a zombie'],
  )
})

test('reset() returns what the function returns, and throws what it throws instead', () => {
  const returning = Fiber(() => {
    try {
      Fiber.yield()
    } catch {
      return 'returned'
    }
    return 'not reset'
  })
  returning.run()
  assert.equal(returning.reset(), 'returned')

  const throwing = Fiber(() => {
    try {
      Fiber.yield()
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: another error is the subject.
      throw new Error('instead')
    }
  })
  throwing.run()
  assert.throws(() => throwing.reset(), /^Error: instead$/)
})

test('a wait() throws in a Fiber that is reset, shielded or not', () => {
  const caught: string[] = []
  const fiber = Fiber(() => {
    try {
      Fiber.yield()
    } finally {
      for (const pause of [() => wait(turn()), () => shield(() => wait(turn()))]) {
        try {
          pause()
        } catch (error) {
          caught.push((error as Error).message)
        }
      }
    }
  })
  fiber.run()
  fiber.reset()
  assert.deepEqual(caught, ['This Fiber is a zombie', 'This Fiber is a zombie'])
  assert.equal(fiber.started, false)
})

test('other Fibers run while one is reset', () => {
  const other = Fiber(() => Fiber.yield('yielded'))
  let seen: unknown
  const fiber = Fiber(() => {
    try {
      Fiber.yield()
    } finally {
      seen = other.run()
    }
  })
  fiber.run()
  fiber.reset()
  assert.equal(seen, 'yielded')
  other.run()
})

test('suspended Fibers that nobody can reach are unwound, catches or not', async () => {
  const before = stacksInUse()
  const log: string[] = []
  startSome(20, () => {
    for (let i = 0; i < 3; i++) {
      try {
        Fiber.yield()
      } catch (error) {
        log.push((error as Error).message)
      }
    }
  })
  assert.equal(stacksInUse(), before + 20)
  await collectRepeatedly(() => log.length === 60)
  assert.deepEqual(log, new Array(60).fill('This Fiber is a zombie'))
  assert.equal(stacksInUse(), before)
})

test('a Fiber that was watched, ran on and is kept goes on', async () => {
  const fiber = Fiber(() => {
    for (let i = 0; i < 100; i++) Fiber.yield(i)
    return 'end'
  })
  for (let i = 0; i < 100; i++) {
    assert.equal(fiber.run(), i)
    if (i % 10 === 0) await collectRepeatedly(() => i > 20)
  }
  assert.equal(fiber.run(), 'end')
})

test('what a Fiber keeps that has ended is collected, watched before or not', async () => {
  const gone = await endedAfterWatch()
  // Asking earlier would keep it.
  await collectRepeatedly(() => false)
  assert.equal(gone.deref(), undefined)
})

async function endedAfterWatch(): Promise<WeakRef<object>> {
  // The function holds its Fiber, as those of programs do.
  let fiber: Fiber | undefined = Fiber(() => fiber?.started === Fiber.yield())
  fiber.run()
  for (let i = 0; i < 4; i++) {
    collectFull()
    await turn()
  }
  fiber.run()
  const weak = new WeakRef(fiber)
  fiber = undefined
  return weak
}

test('in a Fiber that is unwound, current is one that can be kept', async () => {
  const before = stacksInUse()
  const kept: Fiber[] = []
  startSome(1, () => {
    try {
      Fiber.yield()
    } finally {
      kept.push(Fiber.current as Fiber)
    }
  })
  await collectRepeatedly(() => kept.length > 0)
  const [fiber] = kept
  assert.equal(fiber?.started, false)
  fiber?.run()
  assert.equal(fiber?.started, true)
  fiber?.reset()
  assert.equal(stacksInUse(), before)
})
