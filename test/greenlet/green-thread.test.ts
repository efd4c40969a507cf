import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import {
  Cancelled,
  current,
  NotInGreenThreadError,
  scope,
  shield,
  spawn,
  wait,
  withTimeout,
} from 'greenthreads'
import { Greenlet, GreenletError, getcurrent } from 'greenthreads/greenlet'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { useVirtualClock } from 'greenthreads/testing'
import { type Deferred, deferred } from '../core/deferred.ts'
import { stacksInUse } from './stacks.ts'

const main = getcurrent()

test('each green thread is a main greenlet of its own', async () => {
  const before = stacksInUse()
  const body = (): Greenlet => {
    const here = getcurrent()
    assert.equal(here.parent, null)
    assert.equal(getcurrent(), here)
    const child = new Greenlet(() => getcurrent().parent)
    assert.equal(child.switch(), here)
    return here
  }
  const mains = new Set([main, ...(await Promise.all([spawn(body), spawn(body)]))])
  assert.equal(mains.size, 3)
  assert.deepEqual(
    [...mains].map(({ dead }) => dead),
    [false, true, true],
  )
  assert.equal(stacksInUse(), before)
})

test('a greenlet waits, and exactly that one goes on', async () => {
  const log: unknown[] = []
  const gates = [deferred<string>(), deferred<string>()] as const
  const thread = spawn(() => {
    const home = getcurrent()
    const a: Greenlet = new Greenlet(() => {
      log.push('a waits')
      log.push(wait(gates[0].promise))
      assert.equal(getcurrent(), a)
      assert.equal(current(), thread)
      b.switch('from a')
    })
    const b = new Greenlet((value: string) => {
      log.push(value)
      log.push(wait(gates[1].promise))
      home.switch('from b')
    })
    log.push(a.switch(), wait(Promise.resolve('home waits')))
    return 'over'
  })
  assert.equal(thread.state, 'suspended')
  await turn()
  gates[0].resolve('a goes on')
  await turn()
  log.push(thread.state)
  gates[1].resolve('b goes on')
  assert.equal(await thread, 'over')
  assert.deepEqual(log, [
    'a waits',
    'a goes on',
    'from a',
    'suspended',
    'b goes on',
    'from b',
    'home waits',
  ])
})

test('an error of a promise is thrown in the greenlet that waits, and goes to its parent', async () => {
  const gate = deferred()
  const log: string[] = []
  const thread = spawn(() => {
    const child = new Greenlet(() => {
      try {
        wait(gate.promise)
      } finally {
        log.push('finally')
      }
    })
    try {
      child.switch()
    } catch (error) {
      return (error as Error).message
    }
    return 'nothing thrown'
  })
  gate.reject(new Error('refused'))
  assert.equal(await thread, 'refused')
  assert.deepEqual(log, ['finally'])
})

test('cancellation reaches the greenlet that waits', async () => {
  const log: unknown[] = []
  const gate = deferred()
  const thread = spawn(() => {
    const child = new Greenlet(() => {
      try {
        wait(gate.promise)
      } catch (error) {
        log.push(error instanceof Cancelled, getcurrent() === child)
        throw error
      } finally {
        shield(() => wait(turn()))
        log.push('cleaned up')
      }
    })
    child.switch()
  })
  thread.cancel('by hand')
  await assert.rejects(async () => await thread, Cancelled)
  assert.equal(thread.state, 'cancelled')
  assert.deepEqual(log, [true, true, 'cleaned up'])
})

test('a deadline belongs to the greenlet that set it', async () => {
  const clock = useVirtualClock()
  const gate = deferred<string>()
  const thread = spawn(() => {
    const home = getcurrent()
    const child = new Greenlet(() =>
      withTimeout(10, () => {
        home.switch()
        return wait(new Promise(() => {}))
      }),
    )
    child.switch()
    const value = wait(gate.promise)
    assert.throws(() => child.switch(), { code: 'ERR_GT_TIMED_OUT' })
    return [value, wait(Promise.resolve('no deadline here'))]
  })
  await clock.advance(20)
  assert.equal(thread.state, 'suspended')
  gate.resolve('in time')
  assert.deepEqual(await thread, ['in time', 'no deadline here'])
  assert.equal(clock.pending, 0)
  clock.restore()
})

test('a scope belongs to the greenlet that opened it', async () => {
  const gate = deferred<string>()
  const log: string[] = []
  const thread = spawn(() => {
    const home = getcurrent()
    const child = new Greenlet(() => {
      scope(() => {
        spawn(() => log.push(wait(gate.promise)))
        home.switch()
      })
      log.push('scope is left')
    })
    child.switch()
    const own = spawn(() => wait(new Promise(() => {})))
    child.switch()
    return own
  })
  await turn()
  assert.equal(thread.state, 'suspended')
  gate.resolve('child of the scope ends')
  await turn()
  assert.deepEqual(log, ['child of the scope ends', 'scope is left'])
  for (const suspended of suspendedThreads()) {
    suspended.cancel()
    await assert.rejects(async () => await suspended, Cancelled)
  }
})

test('on the main stack a greenlet can not wait', () => {
  const greenlet = new Greenlet(() => wait(Promise.resolve()))
  assert.throws(() => greenlet.switch(), NotInGreenThreadError)
})

test('a greenlet of another green thread is refused, waiting or not', async () => {
  const gate = deferred()
  let waiting = main
  let idle = main
  const owner = spawn(function owner() {
    idle = new Greenlet(() => getcurrent().parent?.switch())
    idle.switch()
    waiting = new Greenlet(() => wait(gate.promise))
    waiting.switch()
    idle.switch()
  })
  const other = spawn(function other() {
    const refused = (greenlet: Greenlet, message: RegExp): void => {
      const code = 'ERR_GT_GREENLET_OTHER_THREAD'
      for (const attempt of [() => greenlet.switch(), () => greenlet.throw()]) {
        assert.throws(attempt, { code, message, constructor: GreenletError })
      }
    }
    refused(
      waiting,
      /belongs to green thread \d+ \(owner\), and waits there; green thread \d+ \(other\)/,
    )
    refused(idle, /belongs to green thread \d+ \(owner\); green thread/)
    refused(main, /belongs to the main stack/)
  })
  other.join()
  assert.throws(() => waiting.switch(), /; the main stack can't switch to it/)
  gate.resolve()
  await owner
  assert.throws(() => waiting.switch(), /\(owner\), which has ended/)
})

test('stacks of a green thread are those of the greenlet that waits', async () => {
  const gate = deferred()
  let child = main
  const thread = spawn(() => {
    child = new Greenlet(function deep() {
      wait(gate.promise)
    })
    child.switch()
  })
  assert.match(thread.stack(), /^green thread.*\n +at deep/)
  assert.match(child.stack(), /^greenlet \d+ \(deep\)\n +at deep/)
  assert.deepEqual(suspendedThreads(), [thread])
  gate.resolve()
  await thread
})

test('a green thread that a greenlet spawns returns to that greenlet', async () => {
  const log: string[] = []
  const gates: Deferred<void>[] = []
  const child = new Greenlet(() => {
    const thread = spawn(() => {
      const gate = deferred()
      gates.push(gate)
      new Greenlet(() => {
        log.push('greenlet of the thread')
        wait(gate.promise)
        log.push('it goes on')
      }).switch()
    })
    log.push('back')
    main.switch(thread)
    log.push('child ends')
  })
  const thread = child.switch() as PromiseLike<void>
  log.push('main')
  for (const gate of gates) gate.resolve()
  await thread
  child.switch()
  assert.deepEqual(log, ['greenlet of the thread', 'back', 'main', 'it goes on', 'child ends'])
})

test('a hundred green threads with three greenlets each keep apart', async () => {
  const before = stacksInUse()
  const rounds = 5
  const body = (thread: number): unknown => {
    const home = getcurrent()
    const seen: string[] = []
    const children = ['a', 'b', 'c'].map(
      (name) =>
        new Greenlet(() => {
          for (let round = 0; ; round++) {
            wait(round % 2 === 0 ? Promise.resolve() : turn())
            home.switch(`${thread}${name}${round}`)
          }
        }),
    )
    for (let round = 0; round < rounds; round++) {
      for (const child of children) seen.push(child.switch() as string)
    }
    for (const child of children) child.throw()
    return seen
  }
  const results = await Promise.all(Array.from({ length: 100 }, (_, i) => spawn(body, i)))
  results.forEach((seen, i) => {
    const expected = Array.from({ length: rounds }, (_, round) =>
      ['a', 'b', 'c'].map((name) => `${i}${name}${round}`),
    )
    assert.deepEqual(seen, expected.flat())
  })
  assert.equal(stacksInUse(), before)
})

test('greenlets that a green thread leaves suspended can not be switched to any more', async () => {
  let left = main
  const thread = spawn(() => {
    left = new Greenlet(() => getcurrent().parent?.switch())
    left.switch()
    return 'over'
  })
  assert.equal(await thread, 'over')
  assert.deepEqual([left.isActive, left.parent?.dead], [true, true])
  assert.throws(() => left.throw(), { code: 'ERR_GT_GREENLET_OTHER_THREAD' })
  assert.match(left.stack(), /at /)
})
