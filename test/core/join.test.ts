import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Cancelled,
  current,
  GreenThread,
  iterateAsCompleted,
  joinAll,
  joinAny,
  joinSome,
  NotInGreenThreadError,
  sleep,
  spawn,
  TimedOut,
  WaitOnItselfError,
  wait,
} from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { useVirtualClock } from 'greenthreads/testing'
import { bondsOf } from '#src/core/bonds.js'
import { deferred, never } from './deferred.ts'
import { runScript } from './script.ts'

function after<R>(ms: number, result: R): GreenThread<R> {
  return spawn(() => {
    sleep(ms)
    return result
  })
}

function failAfter(ms: number, message: string): GreenThread<never> {
  return spawn(() => {
    sleep(ms)
    throw new Error(message)
  })
}

/** Runs a function in a thread while virtual time passes, and cancels what it leaves behind. */
async function inVirtualTime<R>(fn: () => R): Promise<Awaited<R>> {
  const clock = useVirtualClock()
  try {
    return await clock.runUntil(spawn(fn))
  } finally {
    for (const thread of suspendedThreads()) thread.cancel()
    await clock.advance(0)
    assert.equal(clock.pending, 0, 'no timer is left')
    clock.restore()
  }
}

function watchersOf(thread: GreenThread): number {
  return bondsOf(GreenThread.fiberOf(thread)).watchers?.size ?? 0
}

test('join gives the same result, or the same error, as often as it is asked', async () => {
  const done = spawn(() => wait(Promise.resolve({ name: 'the same object' })))
  const failed = spawn(() => wait(Promise.reject(new Error('broken'))))
  await spawn(() => {
    const first = done.join()
    assert.throws(() => failed.join(), /broken/)
    assert.equal(done.join(), first)
    assert.equal(wait(done), first)
  })
  assert.equal(done.join(), await done)
  const errors = [1, 2].map(() => {
    try {
      return failed.join()
    } catch (error) {
      return error
    }
  })
  assert.ok(errors[0] instanceof Error)
  assert.equal(errors[0], errors[1])
  for (const thread of [done, failed]) {
    const { state } = thread
    thread.cancel()
    thread.cancel()
    assert.equal(thread.state, state)
  }
})

test('joinAll returns the results in the order of the threads, duplicates too', async () => {
  const results = await inVirtualTime(() => {
    const slow = after(20, 'slow')
    const [a, b, c] = joinAll([slow, after(10, 1), slow])
    return [a.length, b.toFixed(), c] // strings and a number, as their types say
  })
  assert.deepEqual(results, [4, '1', 'slow'])
})

test('joinAll throws the earliest error at once; later ones are observed', async () => {
  const { code, stdout } = await runScript(`
    import { joinAll, sleep, spawn } from 'greenthreads'
    const fail = (ms, message) => spawn(() => { sleep(ms); throw new Error(message) })
    const threads = [fail(30, 'latest'), fail(5, 'earliest'), spawn(() => sleep(40))]
    await spawn(() => {
      try { joinAll(threads) } catch (error) { console.log(error.message, threads.map((t) => t.state).join()) }
    })
  `)
  assert.equal(stdout, 'earliest suspended,failed,suspended\n')
  assert.equal(code, 0)
})

test('of errors that are there already joinAll throws the earliest, too', async () => {
  const threads = await inVirtualTime(() => {
    const threads = [failAfter(20, 'second'), failAfter(10, 'first')]
    joinSome(threads, 2)
    return () => threads
  })
  assert.throws(() => joinAll(threads()), /first/)
})

test('joinAll throws Cancelled when a thread was cancelled, and TimedOut when the time is over', async () => {
  await inVirtualTime(() => {
    const cancelled = spawn(() => wait(never))
    cancelled.cancel('why')
    assert.throws(() => joinAll([cancelled]), { code: 'ERR_GT_CANCELLED', cause: 'why' })
    const slow = after(50, 1)
    assert.throws(() => joinAll([slow, after(1, 2)], { timeoutMs: 20 }), {
      code: 'ERR_GT_TIMED_OUT',
      message: 'joinAll() did not finish within 20 ms',
    })
    assert.throws(() => joinAll([slow], { timeoutMs: 0 }), TimedOut)
    assert.equal(watchersOf(slow), 0)
    assert.equal(slow.state, 'suspended')
  })
})

test('one that joins and is cancelled leaves nothing behind', async () => {
  const gate = deferred<string>()
  const worker = spawn(() => wait(gate.promise))
  const joiner = spawn(() => joinAll([worker]))
  assert.equal(watchersOf(worker), 1)
  joiner.cancel()
  await assert.rejects(async () => await joiner, Cancelled)
  assert.equal(watchersOf(worker), 0)
  gate.resolve('unharmed')
  assert.equal(await worker, 'unharmed')
})

test('joinAny returns the first success and passes over failures', async () => {
  const result = await inVirtualTime(() =>
    joinAny([after(30, 'late'), failAfter(5, 'no'), after(10, 'first')]),
  )
  assert.equal(result, 'first')
})

test('joinAny throws an AggregateError in the order of time when none succeeds', async () => {
  await inVirtualTime(() => {
    const cancelled = after(1000, 1)
    cancelled.cancel()
    assert.throws(
      () => joinAny([failAfter(20, 'second'), failAfter(10, 'first'), cancelled]),
      (error) => {
        assert.ok(error instanceof AggregateError)
        assert.deepEqual(
          error.errors.map(({ message }) => message.replace(/\d+/, 'N')),
          ['green thread N was cancelled', 'first', 'second'],
        )
        return true
      },
    )
    assert.throws(() => joinAny([]), AggregateError)
    assert.throws(() => joinAny([after(50, 1)], { timeoutMs: 20 }), TimedOut)
  })
})

test('joinSome returns so many threads in the order of their ends and throws none of their errors', async () => {
  await inVirtualTime(() => {
    const [a, b, c] = [after(30, 'a'), failAfter(20, 'b'), after(10, 'c')] as const
    assert.deepEqual(joinSome<unknown>([a, b, c, c], 2), [c, b])
    assert.deepEqual(joinSome<unknown>([a, b, c, c], 9), [c, b, a])
    assert.deepEqual(joinSome([], 1), [])
    assert.deepEqual(joinSome([a], 0), [])
  })
})

test('joinSome returns fewer when the time is over', async () => {
  await inVirtualTime(() => {
    const quick = after(10, 1)
    const slow = after(100, 2)
    assert.deepEqual(joinSome([slow, quick], 2, { timeoutMs: 50 }), [quick])
    assert.deepEqual(joinSome([slow, quick], 2, { timeoutMs: 0 }), [quick])
    assert.equal(watchersOf(slow), 0)
  })
})

test('iterateAsCompleted hands out each thread once, as it ends', async () => {
  await inVirtualTime(() => {
    const [a, b, c] = [after(30, 'a'), failAfter(20, 'b'), after(10, 'c')] as const
    assert.deepEqual([...iterateAsCompleted<unknown>([a, b, c, a])], [c, b, a])
    assert.deepEqual([...iterateAsCompleted<unknown>([a, b, c], { count: 2 })], [c, b])
  })
})

test('a consumer that leaves the iteration leaves no watcher behind', async () => {
  await inVirtualTime(() => {
    const slow = after(100, 'slow')
    for (const thread of iterateAsCompleted([slow, after(10, 'quick')])) {
      assert.equal(watchersOf(slow), 1)
      assert.equal(thread.join(), 'quick')
      break
    }
    assert.equal(watchersOf(slow), 0)
  })
})

test('the time of an iteration counts from its start, that of its consumer included', async () => {
  const seen = await inVirtualTime(() => {
    const threads = [after(10, 'a'), after(20, 'b'), after(100, 'c')]
    const seen: string[] = []
    for (const thread of iterateAsCompleted(threads, { timeoutMs: 50 })) {
      sleep(15)
      seen.push(thread.join())
    }
    return seen
  })
  assert.deepEqual(seen, ['a', 'b'])
})

test('an error that ended under watch and that nobody looked at is reported', async () => {
  const { code, stdout } = await runScript(`
    import { iterateAsCompleted, joinSome, sleep, spawn } from 'greenthreads'
    process.on('unhandledRejection', (error) => console.log('unhandled', error.message))
    const fail = (message) => spawn(() => { sleep(5); throw new Error(message) })
    await spawn(() => {
      joinSome([fail('looked at')], 1)
      for (const thread of iterateAsCompleted([spawn(() => sleep(1)), fail('not looked at')])) {
        sleep(20)
        break
      }
    })
  `)
  assert.equal(stdout, 'unhandled not looked at\n')
  assert.equal(code, 0)
})

test('on the main stack they work when all have ended, otherwise they name the async form', async () => {
  const done = [spawn(() => 1), spawn(() => 'two')] as const
  assert.deepEqual(joinAll(done), [1, 'two'])
  assert.equal(joinAny<unknown>(done), 1)
  assert.deepEqual(joinSome<unknown>(done, 1), [done[0]])
  assert.deepEqual([...iterateAsCompleted<unknown>(done)], done)
  const pending = spawn(() => wait(never))
  for (const [join, instead] of [
    [() => joinAll([pending]), 'Promise.all(threads)'],
    [() => joinAny([pending]), 'Promise.any(threads)'],
    [() => joinSome([pending], 1), 'Promise.race(threads)'],
    [() => iterateAsCompleted([pending]), 'Promise.all(threads)'],
  ] as const) {
    assert.throws(join, (error) => {
      assert.ok(error instanceof NotInGreenThreadError)
      assert.ok(error.message.includes(`await ${instead}`), error.message)
      return true
    })
  }
  assert.equal(watchersOf(pending), 0)
  pending.cancel()
  await assert.rejects(async () => await pending)
})

test('a thread that joins itself among others is told so, and wrong arguments are named', async () => {
  await spawn(() => {
    const self = current() as GreenThread
    assert.throws(() => joinAll([self]), WaitOnItselfError)
    assert.throws(() => joinSome([spawn(() => 1), self], 1), WaitOnItselfError)
  })
  const code = 'ERR_GT_INVALID_ARGUMENT'
  assert.throws(() => joinAll([1 as never]), { code, message: /^threads\[0\] must be/ })
  assert.throws(() => joinSome([], -1), { code, message: /^count must be/ })
  assert.throws(() => joinAll([], { timeoutMs: -1 }), { code })
})

test('ten thousand threads are joined', async () => {
  const sum = await spawn(() => {
    const threads = Array.from({ length: 10_000 }, (_, i) => spawn(() => wait(Promise.resolve(i))))
    return joinAll(threads).reduce((total, i) => total + i, 0)
  })
  assert.equal(sum, (10_000 * 9_999) / 2)
})
