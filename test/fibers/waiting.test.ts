import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import {
  Channel,
  current,
  type GreenThread,
  Local,
  Lock,
  sleep,
  spawn,
  TimedOut,
  wait,
  withTimeout,
} from 'greenthreads'
import Fiber from 'greenthreads/fibers'
import { Greenlet, getcurrent } from 'greenthreads/greenlet'
import { useVirtualClock } from 'greenthreads/testing'
import { deferred } from '../core/deferred.ts'
import { runScript } from '../core/script.ts'

test('wait() in a Fiber lets run() return undefined, and the Fiber goes on by itself', async () => {
  const { promise, resolve } = deferred<string>()
  const log: unknown[] = []
  const fiber = Fiber(() => {
    log.push(Fiber.yield('yielded'))
    log.push(wait(promise))
    log.push(Fiber.current === fiber)
    log.push(Fiber.yield('to nobody'))
    return 'end'
  })
  assert.equal(fiber.run(), 'yielded')
  assert.equal(fiber.run('first'), undefined)
  assert.equal(fiber.started, true)
  resolve('value')
  await turn()
  assert.deepEqual(log, ['first', 'value', true])
  assert.equal(fiber.run('last'), 'end')
  assert.equal(log.at(-1), 'last')
})

test('run() is refused while the Fiber waits, throwInto() and reset() end the wait', async () => {
  const log: unknown[] = []
  const { promise, resolve } = deferred()
  const fiber = Fiber(() => {
    try {
      wait(promise)
    } catch (error) {
      log.push(error)
      wait(promise)
    }
  })
  fiber.run()
  assert.throws(() => fiber.run(), /already running: it is suspended in wait\(\)/)
  fiber.throwInto('thrown')
  assert.deepEqual(log, ['thrown'])
  fiber.reset()
  assert.equal(fiber.started, false)
  resolve()
  await turn()
  assert.equal(fiber.started, false)
})

test('a Fiber that is woken already can not be thrown into', async () => {
  const channel = new Channel<string>()
  let taken: string | undefined
  const fiber = Fiber(() => {
    taken = channel.receive()
  })
  fiber.run()
  spawn(() => channel.send('item'))
  assert.throws(() => fiber.throwInto(new Error('late')), /^Error: This Fiber is not yielding$/)
  await turn()
  assert.equal(taken, 'item')
})

test('one that is thrown out of a queue does not take what comes', async () => {
  const channel = new Channel<string>()
  const fiber = Fiber(() => channel.receive())
  fiber.run()
  assert.throws(() => fiber.throwInto(new Error('enough')), /enough/)
  const thread = spawn(() => channel.receive())
  spawn(() => channel.send('item'))
  assert.equal(await thread, 'item')
})

test('primitives and deadlines of green threads work in Fibers', async () => {
  const clock = useVirtualClock()
  try {
    const lock = new Lock()
    const log: string[] = []
    Fiber(() => {
      lock.acquire()
      sleep(100)
      log.push('released')
      lock.release()
    }).run()
    Fiber(() => {
      assert.throws(() => withTimeout(10, () => lock.acquire()), TimedOut)
      log.push('timed out')
      lock.acquire()
      log.push('acquired')
      lock.release()
    }).run()
    await clock.advance(1000)
    assert.deepEqual(log, ['timed out', 'released', 'acquired'])
  } finally {
    clock.restore()
  }
})

test('a Fiber is a green thread of its own, with its own Locals', () => {
  const local = new Local<string>()
  const threads = new Set<unknown>()
  const fiber = (name: string): Fiber =>
    Fiber(() => {
      threads.add(current())
      local.set(name)
      Fiber.yield()
      return local.get()
    })
  const [a, b] = [fiber('a'), fiber('b')]
  a.run()
  b.run()
  assert.deepEqual([a.run(), b.run()], ['a', 'b'])
  assert.equal(threads.size, 2)
  assert(!threads.has(undefined))
})

test('a green thread that a Fiber spawns is none of its own', async () => {
  const fiber = Fiber(() => {
    const thread = spawn(() => {
      assert.equal(Fiber.current, undefined)
      assert.throws(() => Fiber.yield(), /yield\(\) called with no fiber running/)
      return wait(Promise.resolve(1))
    })
    return thread.join()
  })
  fiber.run()
  await turn()
  assert.equal(fiber.started, false)
})

test('Fibers run in green threads, where run() returns to the thread', async () => {
  const thread = spawn(() => {
    const fiber = Fiber(() => {
      Fiber.yield(1)
      wait(turn())
      return 3
    })
    const values = [fiber.run(), wait(Promise.resolve(2)), fiber.run()]
    wait(turn())
    wait(turn())
    return [...values, fiber.started]
  })
  assert.deepEqual(await thread, [1, 2, undefined, false])
})

test('a Fiber that one green thread has started goes on in another', async () => {
  const fiber = Fiber(() => [Fiber.yield('a'), Fiber.yield('b')])
  assert.equal(await spawn(() => fiber.run()), 'a')
  assert.equal(await spawn(() => fiber.run(1)), 'b')
  assert.deepEqual(fiber.run(2), [1, 2])
})

test('greenlets take turns inside of a Fiber, and each of them may yield', () => {
  const fiber = Fiber(() => {
    const main = getcurrent()
    const greenlet = new Greenlet((first: unknown) => {
      const second = Fiber.yield(first)
      main.switch(second)
    })
    return greenlet.switch('first')
  })
  assert.equal(fiber.run(), 'first')
  assert.equal(fiber.run('second'), 'second')
})

test('AsyncLocalStorage: a Fiber keeps the context of its first run()', async () => {
  const storage = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  const fiber = Fiber(() => {
    seen.push(storage.getStore())
    Fiber.yield()
    seen.push(storage.getStore())
    storage.run('inner', () => {
      Fiber.yield()
      seen.push(storage.getStore())
      wait(turn())
      seen.push(storage.getStore())
    })
    seen.push(storage.getStore())
  })
  storage.run('first', () => fiber.run())
  storage.run('second', () => {
    fiber.run()
    assert.equal(storage.getStore(), 'second')
  })
  fiber.run()
  assert.equal(storage.getStore(), undefined)
  await turn()
  await turn()
  assert.deepEqual(seen, ['first', 'first', 'inner', 'inner', 'first'])
})

test('an error after a wait(), which nobody gets, is an unhandled rejection', async () => {
  const { code, stderr } = await runScript(`
    import Fiber from 'greenthreads/fibers'
    import { wait } from 'greenthreads'
    Fiber(() => {
      wait(new Promise((resolve) => setImmediate(resolve)))
      throw new Error('for nobody')
    }).run()
  `)
  assert.equal(code, 1)
  assert.match(stderr, /Error: for nobody/)
})

test('a program that ends while a Fiber yields says nothing; of one that waits it tells', async () => {
  const { code, stderr } = await runScript(`
    import Fiber from 'greenthreads/fibers'
    import { wait } from 'greenthreads'
    globalThis.kept = [Fiber(function generator() { Fiber.yield() }), Fiber(function waiting() { wait(new Promise(() => {})) })]
    for (const fiber of kept) fiber.run()
  `)
  assert.equal(code, 0)
  assert.match(stderr, /DeadlockWarning: .*1 green thread waited/)
  assert.match(stderr, /^Fiber \d+ \(waiting\)$/m)
  assert.doesNotMatch(stderr, /generator/)
})

test('cancellation does not end a yield(), and arrives at the next wait()', async () => {
  const log: unknown[] = []
  const fiber = Fiber(() => {
    log.push(current())
    log.push(Fiber.yield())
    wait(turn())
  })
  fiber.run()
  const thread = log.pop() as GreenThread
  thread.cancel('not needed')
  await turn()
  assert.deepEqual(log, [])
  assert.throws(() => fiber.run('by its program'), { code: 'ERR_GT_CANCELLED' })
  assert.deepEqual(log, ['by its program'])
  await assert.rejects(thread.toPromise(), { code: 'ERR_GT_CANCELLED' })
})

test('a Fiber that is thrown into while its deadline passes keeps to its program', async () => {
  const fiber = Fiber(() =>
    withTimeout(1, () => {
      try {
        wait(new Promise(() => {}))
      } catch (error) {
        return Fiber.yield((error as Error).message)
      }
    }),
  )
  fiber.run()
  assert.equal(fiber.throwInto(new Error('first')), 'first')
  await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(fiber.started, true)
  assert.equal(fiber.run('value'), 'value')
})
