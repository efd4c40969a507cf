import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancelled, type Scope, ScopeClosedError, scope, sleep, spawn, wait } from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { untilParked, useVirtualClock } from 'greenthreads/testing'
import { deferred, never } from './deferred.ts'

test('with a limit, spawn suspends its caller until there is room, in the order of the calls', async () => {
  const clock = useVirtualClock()
  try {
    const log: string[] = []
    let running = 0
    const work = (name: string): void => {
      log.push(`${name} at ${clock.now()}, ${++running} running`)
      sleep(10)
      running--
    }
    const thread = spawn(() =>
      scope(
        (s) => {
          for (const name of ['a', 'b', 'c']) s.spawn(work, name)
          spawn(work, 'd')
        },
        { limit: 2 },
      ),
    )
    await clock.runUntil(thread)
    assert.deepEqual(log, [
      'a at 0, 1 running',
      'b at 0, 2 running',
      'c at 10, 2 running',
      'd at 10, 2 running',
    ])
  } finally {
    clock.restore()
  }
})

test('threads from outside wait in the same line', async () => {
  const log: string[] = []
  const gates = [deferred(), deferred(), deferred()]
  let s: Scope | undefined
  const owner = spawn(() =>
    scope(
      (opened) => {
        s = opened
        s.spawn(() => wait(gates[0]?.promise))
        s.spawn(() => {
          log.push('of the owner')
          wait(gates[1]?.promise)
        })
      },
      { limit: 1, shared: true },
    ),
  )
  const outsider = spawn(() =>
    s?.spawn(() => {
      log.push('of an outsider')
      wait(gates[2]?.promise)
    }),
  )
  await untilParked()
  assert.deepEqual(log, [])
  for (const gate of gates) {
    gate.resolve()
    await untilParked()
  }
  await Promise.all([owner, outsider])
  assert.deepEqual(log, ['of the owner', 'of an outsider'])
})

test('threads that the threads of the scope start count, but do not wait for room', async () => {
  const log: string[] = []
  const dive = (depth: number): void => {
    if (depth > 0) spawn(dive, depth - 1).join()
    wait(Promise.resolve())
    log.push(`depth ${depth}`)
  }
  await spawn(() =>
    scope(
      (s) => {
        s.spawn(dive, 2)
        s.spawn(() => log.push('when there is room again'))
      },
      { limit: 1 },
    ),
  )
  assert.deepEqual(log, ['depth 0', 'depth 1', 'depth 2', 'when there is room again'])
})

test('a thread inside a scope inside of it does not wait for room either', async () => {
  const inner = await spawn(() =>
    scope((s) => s.spawn(() => scope(() => spawn(() => s.spawn(() => 'inner').join()))), {
      limit: 1,
    }),
  )
  assert.equal(inner, 'inner')
})

test('one that waits for room is interrupted by a failure, and takes no place', async () => {
  const gate = deferred()
  let isRun = false
  const owner = spawn(() =>
    scope(
      (s) => {
        s.spawn(() => {
          wait(gate.promise)
          throw new Error('failed')
        })
        s.spawn(() => {
          isRun = true
        })
      },
      { limit: 1 },
    ),
  )
  gate.resolve()
  await assert.rejects(async () => await owner, /failed/)
  assert.equal(isRun, false)
  assert.equal(suspendedThreads().length, 0)
})

test('an outsider that waits for room in a scope that is cancelled is told so', async () => {
  let s: Scope | undefined
  const owner = spawn(() =>
    scope(
      (opened) => {
        s = opened
        s.spawn(() => wait(never))
        wait(never)
      },
      { limit: 1, shared: true },
    ),
  )
  const outsiders = [1, 2].map(() => spawn(() => s?.spawn(() => {})))
  const ends = outsiders.map((thread) =>
    assert.rejects(
      async () => await thread,
      (error) => error instanceof Cancelled || error instanceof ScopeClosedError,
    ),
  )
  s?.cancel('enough')
  await assert.rejects(async () => await owner, { cause: 'enough' })
  await Promise.all(ends)
  assert.equal(suspendedThreads().length, 0)
})

test('on the main stack, spawn throws when it would have to wait', async () => {
  const gate = deferred()
  let s: Scope | undefined
  const owner = spawn(() =>
    scope(
      (opened) => {
        s = opened
        wait(gate.promise)
      },
      { limit: 1, shared: true },
    ),
  )
  const first = s?.spawn(() => wait(gate.promise))
  assert.throws(() => s?.spawn(() => {}), {
    code: 'ERR_GT_NOT_IN_GREEN_THREAD',
    message: /await toAsync\(\(\) => s\.spawn\(fn\)\)\(\)/,
  })
  gate.resolve()
  await Promise.all([owner, first])
})

test('transient threads take no room', async () => {
  const result = await spawn(() =>
    scope(
      (s) => {
        s.spawnWith({ transient: true }, () => wait(never))
        return s.spawn(() => 'there is room')
      },
      { limit: 1 },
    ),
  )
  assert.equal(result, 'there is room')
})
