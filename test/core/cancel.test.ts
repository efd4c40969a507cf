import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancelled, current, GreenThread, shield, sleep, spawn, wait } from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { untilParked, useVirtualClock } from 'greenthreads/testing'
import { deferred, never } from './deferred.ts'

test('cancel throws Cancelled where the thread is suspended, and finally blocks run', async () => {
  const log: string[] = []
  const thread = spawn(() => {
    try {
      wait(never)
    } catch (error) {
      log.push((error as Error).name)
      throw error
    } finally {
      log.push('finally')
    }
  })
  thread.cancel('not needed')
  assert.deepEqual(log, [], 'not before cancel returns')
  await assert.rejects(async () => await thread, {
    code: 'ERR_GT_CANCELLED',
    cause: 'not needed',
    message: /was cancelled: not needed$/,
  })
  assert.deepEqual(log, ['Cancelled', 'finally'])
  assert.equal(thread.state, 'cancelled')
  assert.equal(suspendedThreads().length, 0)
})

test('the reason is kept as the cause', async () => {
  const reason = new Error('client went away')
  const thread = spawn(() => wait(never))
  thread.cancel(reason)
  await assert.rejects(async () => await thread, { cause: reason })
  assert.throws(() => thread.join(), Cancelled)
})

test('cancel is idempotent: the first reason stays', async () => {
  let caught = 0
  const thread = spawn(() => {
    try {
      wait(never)
    } finally {
      caught++
    }
  })
  thread.cancel('first')
  thread.cancel('second')
  await assert.rejects(async () => await thread, { cause: 'first' })
  thread.cancel('third')
  assert.equal(caught, 1)
})

test('a thread cancelled before it started never runs', async () => {
  let isRun = false
  const thread = new GreenThread(() => {
    isRun = true
  })
  const end = thread.then(
    () => 'finished',
    (error: unknown) => (error as Cancelled).cause,
  )
  thread.cancel('too late')
  assert.equal(thread.state, 'cancelled')
  assert.throws(() => thread.start(), { code: 'ERR_GT_ALREADY_STARTED' })
  assert.equal(await end, 'too late')
  assert.equal(isRun, false)
})

test('cancelling a thread that is over changes nothing', () => {
  const thread = spawn(() => 1)
  thread.cancel()
  assert.equal(thread.state, 'finished')
  assert.equal(thread.join(), 1)
})

test('a thread that swallows Cancelled gets it again at its next suspension', async () => {
  const caught: unknown[] = []
  const thread = spawn(() => {
    for (let i = 0; i < 3; i++) {
      try {
        wait(never)
      } catch (error) {
        caught.push(error)
      }
    }
    return 'survived'
  })
  thread.cancel()
  assert.equal(await thread, 'survived')
  assert.equal(caught.length, 3)
  assert.ok(caught.every((error) => error instanceof Cancelled))
})

test('a wait in a finally block is carried out under a shield', async () => {
  const log: string[] = []
  const gate = deferred<string>()
  const thread = spawn(() => {
    try {
      wait(never)
    } finally {
      log.push(shield(() => wait(gate.promise)))
    }
  })
  thread.cancel()
  await untilParked()
  assert.equal(thread.state, 'suspended')
  gate.resolve('closed')
  await assert.rejects(async () => await thread, Cancelled)
  assert.deepEqual(log, ['closed'])
})

test('what is cancelled inside a shield is told at the first suspension after it', async () => {
  const log: string[] = []
  const gate = deferred()
  const thread = spawn(() => {
    shield(() => {
      wait(gate.promise)
      log.push('shielded work')
    })
    log.push('after the shield')
    wait(Promise.resolve())
    log.push('not reached')
  })
  thread.cancel()
  await untilParked()
  gate.resolve()
  await assert.rejects(async () => await thread, Cancelled)
  assert.deepEqual(log, ['shielded work', 'after the shield'])
})

test('outside of threads a shield runs cleanup that does not wait', () => {
  assert.equal(
    shield(() => 'cleaned'),
    'cleaned',
  )
  assert.throws(() => shield(async () => {}), { code: 'ERR_GT_NOT_IN_GREEN_THREAD' })
})

test('a thread that is waiting for its child to suspend is cancelled at its next own wait', async () => {
  const log: string[] = []
  const parent: GreenThread = spawn(() => {
    wait(Promise.resolve())
    spawn(() => parent.cancel('by the child'))
    log.push(`${parent.state} after the child`)
    wait(Promise.resolve())
    log.push('not reached')
  })
  await assert.rejects(async () => await parent, { cause: 'by the child' })
  assert.deepEqual(log, ['running after the child'])
})

test('of a hundred threads cancelled at once each is told, those that are not stay', async () => {
  let cleanups = 0
  const gate = deferred<string>()
  const threads = Array.from({ length: 100 }, () =>
    spawn(() => {
      try {
        return wait(gate.promise)
      } catch (error) {
        cleanups++
        throw error
      }
    }),
  )
  for (const thread of threads.slice(50)) thread.cancel()
  gate.resolve('through')
  const states = (await Promise.allSettled(threads)).map(({ status }) => status)
  assert.deepEqual(new Set(states.slice(0, 50)), new Set(['fulfilled']))
  assert.deepEqual(new Set(states.slice(50)), new Set(['rejected']))
  assert.equal(cleanups, 50)
})

test('a thread cancels itself at its next suspension', async () => {
  const log: string[] = []
  const thread = spawn(() => {
    current()?.cancel('enough')
    log.push('goes on')
    wait(Promise.resolve())
    log.push('not reached')
  })
  await assert.rejects(async () => await thread, { cause: 'enough' })
  assert.deepEqual(log, ['goes on'])
})

test('a result that is there already is returned to a cancelled thread', async () => {
  const thread = spawn(() => {
    current()?.cancel()
    return spawn(() => 'ready').join()
  })
  assert.equal(await thread, 'ready')
})

test('the signal aborts with the error as its reason, before and after it is asked for', async () => {
  const early = spawn(() => wait(never))
  const { signal } = early
  assert.equal(signal.aborted, false)
  early.cancel('stop')
  assert.equal(signal.aborted, true)
  assert.ok(signal.reason instanceof Cancelled)
  await assert.rejects(
    async () => await early,
    (error) => error === signal.reason,
  )
  const late = spawn(() => wait(never))
  late.cancel()
  assert.equal(late.signal.aborted, true)
  await assert.rejects(async () => await late)
})

test('a cancelled operation is stopped through the signal', async () => {
  const log: string[] = []
  const operation = (signal: AbortSignal): Promise<void> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        log.push('operation stopped')
        reject(signal.reason)
      })
    })
  const thread = spawn(() => wait(operation(current()?.signal as AbortSignal)))
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  assert.deepEqual(log, ['operation stopped'])
})

test('a promise that settles after the thread left it wakes nobody', async () => {
  const first = deferred<string>()
  const second = deferred<string>()
  const thread = spawn(() => {
    try {
      wait(first.promise)
    } catch {}
    return shield(() => wait(second.promise))
  })
  thread.cancel()
  await untilParked()
  first.resolve('late')
  await untilParked()
  assert.equal(thread.state, 'suspended')
  second.resolve('right')
  assert.equal(await thread, 'right')
})

test('a cancelled sleep clears its timer', async () => {
  using clock = useVirtualClock()
  const thread = spawn(() => sleep(1000))
  assert.equal(clock.pending, 1)
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  assert.equal(clock.pending, 0)
})

test('cancelling the one that joins leaves the other alone', async () => {
  const gate = deferred<string>()
  const worker = spawn(() => wait(gate.promise))
  const joiner = spawn(() => worker.join())
  joiner.cancel()
  await assert.rejects(async () => await joiner, Cancelled)
  gate.resolve('done')
  assert.equal(await worker, 'done')
})
