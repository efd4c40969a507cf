import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { AlreadyStartedError, current, GreenThread, spawn, wait } from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { deferred } from './deferred.ts'

test('a thread runs to its first suspension before spawn returns', async () => {
  const log: string[] = []
  const gate = deferred()
  const thread = spawn(() => {
    log.push('started')
    wait(gate.promise)
    log.push('resumed')
  })
  log.push('spawned')
  assert.equal(thread.state, 'suspended')
  gate.resolve()
  await thread
  assert.deepEqual(log, ['started', 'spawned', 'resumed'])
  assert.equal(thread.state, 'finished')
})

test('a thread that never waits is over when spawn returns', () => {
  const thread = spawn((a: number, b: number) => a + b, 2, 3)
  assert.equal(thread.state, 'finished')
  assert.equal(thread.join(), 5)
})

test('two threads interleave where they wait', async () => {
  const log: string[] = []
  const work = (name: string): void => {
    for (let i = 0; i < 3; i++) {
      log.push(`${name}${i}`)
      wait(Promise.resolve())
    }
  }
  await Promise.all([spawn(work, 'a'), spawn(work, 'b')])
  assert.deepEqual(log, ['a0', 'b0', 'a1', 'b1', 'a2', 'b2'])
})

test('a thread spawned in a thread returns to it at its first suspension', async () => {
  const log: string[] = []
  const gate = deferred()
  const outer = spawn(() => {
    const inner = spawn(() => {
      log.push('inner starts')
      wait(gate.promise)
      log.push('inner goes on')
      return 'inner result'
    })
    log.push(`outer goes on, inner is ${inner.state}`)
    return inner.join()
  })
  log.push('main goes on')
  gate.resolve()
  assert.equal(await outer, 'inner result')
  assert.deepEqual(log, [
    'inner starts',
    'outer goes on, inner is suspended',
    'main goes on',
    'inner goes on',
  ])
})

test('threads nest a thousand deep', () => {
  const dive = (depth: number): number =>
    depth === 0 ? 0 : spawn(() => dive(depth - 1) + 1).join()
  assert.equal(dive(1000), 1000)
  assert.equal(suspendedThreads().length, 0)
})

test('a promise that the function returns is waited for', async () => {
  const thread = spawn(async () => {
    await null
    return 'from async'
  })
  assert.equal(thread.state, 'suspended')
  assert.equal(await thread, 'from async')
})

test('an error rejects the thread, and join throws it', async () => {
  const error = new Error('no')
  const thread = spawn(() => {
    wait(Promise.resolve())
    throw error
  })
  await assert.rejects(async () => await thread, error)
  assert.equal(thread.state, 'failed')
  assert.throws(() => thread.join(), error)
})

test('current is the running thread, and undefined on the main stack', async () => {
  assert.equal(current(), undefined)
  const thread = spawn((): boolean => {
    const before = current()
    wait(Promise.resolve())
    return before !== undefined && current() === before && before.state === 'running'
  })
  assert.equal(current(), undefined)
  assert.equal(await thread, true)
  let seen: unknown
  const other = spawn(() => {
    seen = current()
  })
  assert.equal(seen, other)
})

test('ids differ, and names come from the function or the options', () => {
  const named = spawn(function load() {})
  const renamed = new GreenThread(() => {}, { name: 'worker' }).start()
  assert.notEqual(named.id, renamed.id)
  assert.equal(named.name, 'load')
  assert.equal(renamed.name, 'worker')
  assert.equal(
    inspect(renamed),
    `GreenThread { id: ${renamed.id}, name: 'worker', state: 'finished' }`,
  )
})

test('an unstarted thread runs once, when it is started, with the arguments given then', () => {
  const thread = new GreenThread((a: string) => `got ${a}`)
  assert.equal(thread.state, 'pending')
  assert.equal(thread.stack(), '')
  assert.equal(thread.start('x').join(), 'got x')
  assert.throws(() => thread.start(), AlreadyStartedError)
})

test('a deep recursion fails only its own thread', async () => {
  const recurse = (): number => recurse() + 1
  const deep = spawn(() => {
    wait(Promise.resolve())
    return recurse()
  })
  const other = spawn(() => {
    wait(Promise.resolve())
    return 'fine'
  })
  await assert.rejects(async () => await deep, RangeError)
  assert.equal(await other, 'fine')
  assert.throws(() => recurse(), RangeError)
})

test('stackBytes sets how deep a thread may recurse', () => {
  const depthOf = (stackBytes: number): number => {
    let depth = 0
    const recurse = (): void => {
      depth++
      recurse()
    }
    const thread = new GreenThread(
      () => {
        try {
          recurse()
        } catch {}
        return depth
      },
      { stackBytes },
    )
    return thread.start().join()
  }
  assert.ok(depthOf(4 * 1024 * 1024) > 3 * depthOf(512 * 1024))
})

test('wrong arguments are named', () => {
  assert.throws(() => spawn('no' as never), {
    code: 'ERR_GT_INVALID_ARGUMENT',
    message: 'fn must be a function, got "no"',
  })
  assert.throws(() => new GreenThread(() => {}, { stackBytes: 1000 }), {
    code: 'ERR_GT_INVALID_ARGUMENT',
    message: 'stackBytes must be an integer from 98304 to 1073741824, got 1000',
  })
})

test('using joins at the end of the block', async () => {
  const log: string[] = []
  await spawn(() => {
    {
      using _child = spawn(() => {
        wait(Promise.resolve())
        log.push('child')
      })
      log.push('block')
    }
    log.push('after')
  })
  assert.deepEqual(log, ['block', 'child', 'after'])
})
