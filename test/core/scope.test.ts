import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  GreenThread,
  NotInGreenThreadError,
  Pool,
  type Scope,
  ScopeClosedError,
  scope,
  spawn,
  spawnWith,
  toAsync,
  wait,
} from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { untilParked } from 'greenthreads/testing'
import { noSuspension } from '../support/no-suspension.ts'
import { deferred } from './deferred.ts'
import { outcomeOf } from './outcome.ts'

test('a scope returns what its function returns, after all its threads have ended', async () => {
  const log: string[] = []
  const gate = deferred()
  const thread = spawn(() => {
    const result = scope((s) => {
      s.spawn(() => {
        wait(gate.promise)
        log.push('child')
      })
      return 'result'
    })
    log.push('scope has ended')
    return result
  })
  await untilParked()
  assert.deepEqual(log, [])
  gate.resolve()
  assert.equal(await thread, 'result')
  assert.deepEqual(log, ['child', 'scope has ended'])
})

test('a promise that the function returns is waited for', async () => {
  assert.equal(await outcomeOf(() => untilParked().then(() => 'async')), 'async')
})

test('plain spawn inside, and in the threads of the scope, belongs to it', async () => {
  const log: string[] = []
  const gate = deferred()
  await spawn(() => {
    scope(() => {
      spawn(() => {
        spawn(() => {
          new GreenThread(() => {
            wait(gate.promise)
            log.push('great-grandchild')
          }).start()
        })
      })
      setImmediate(() => gate.resolve())
    })
    log.push('scope has ended')
  })
  assert.deepEqual(log, ['great-grandchild', 'scope has ended'])
})

test('plain spawn belongs to the innermost scope, and to the outer one again after it', async () => {
  const log: string[] = []
  const gates = [deferred(), deferred()]
  const pass = (index: number): void => {
    wait(gates[index]?.promise)
    log.push(`child ${index}`)
  }
  const thread = spawn(() => {
    scope(() => {
      scope(() => {
        spawn(pass, 0)
      })
      log.push('inner has ended')
      spawn(pass, 1)
    })
    log.push('outer has ended')
  })
  for (const gate of gates) {
    gate.resolve()
    await untilParked()
  }
  await thread
  assert.deepEqual(log, ['child 0', 'inner has ended', 'child 1', 'outer has ended'])
})

test('a thread of the scope that opens one of its own takes in what it spawns', async () => {
  const gate = deferred()
  let innerEnd: unknown
  const end = outcomeOf((s) => {
    s.spawn(() => {
      try {
        scope(() => {
          spawn(() => {
            wait(gate.promise)
            throw new Error('inner')
          })
        })
      } catch (error) {
        innerEnd = error
      }
    })
    return 'outer is unharmed'
  })
  gate.resolve()
  assert.equal(await end, 'outer is unharmed')
  assert.match(String(innerEnd), /inner/)
})

test('detached threads and calls of toAsync functions do not belong to it', async () => {
  const gate = deferred<string>()
  const outside: PromiseLike<string>[] = []
  await spawn(() =>
    scope(() => {
      outside.push(spawnWith({ detached: true }, () => wait(gate.promise)))
      outside.push(new GreenThread(() => wait(gate.promise), { detached: true }).start())
      outside.push(toAsync(() => spawn(() => wait(gate.promise)).join())())
    }),
  )
  assert.equal(suspendedThreads().length, 4)
  gate.resolve('outlived it')
  assert.deepEqual(await Promise.all(outside), Array(3).fill('outlived it'))
})

test('a scope that has ended takes nobody in', async () => {
  const s = await spawn(() => scope((s) => ({ s })))
  assert.throws(() => s.s.spawn(() => {}), ScopeClosedError)
  const named = await spawn(() => scope((s) => ({ s }), { name: 'import' }))
  assert.throws(() => named.s.spawn(() => {}), {
    code: 'ERR_GT_SCOPE_CLOSED',
    message: /in the scope import any more/,
  })
})

test('only the thread that opened a scope, and those that descend from it, start threads in it', async () => {
  const gate = deferred()
  const pool = new Pool(1)
  const log: string[] = []
  let s: Scope | undefined
  const owner = spawn(() =>
    scope(
      (opened) => {
        s = opened
        const note = (name: string): number => opened.spawn(() => log.push(name)).join()
        note('owner')
        opened.spawn(note, 'child').join()
        opened.spawn(() => scope(() => spawn(note, 'child of a child').join())).join()
        pool.map(['in a pool'], note)
        spawnWith({ detached: true }, note, 'detached').join()
        wait(toAsync(note)('by toAsync'))
        wait(gate.promise)
      },
      { name: 'import' },
    ),
  )
  await untilParked()
  const insiders = ['owner', 'child', 'child of a child', 'in a pool', 'detached', 'by toAsync']
  assert.deepEqual(log, insiders)
  assert.throws(() => s?.spawn(() => log.push('from the main stack')), {
    code: 'ERR_GT_OUTSIDE_SCOPE',
    message: /in the scope import by the main stack, .*\n.*scope\(fn, \{ shared: true \}\)/,
  })
  const stranger = spawn(function stranger() {
    s?.spawn(() => log.push('from a stranger'))
  })
  await assert.rejects(async () => await stranger, {
    code: 'ERR_GT_OUTSIDE_SCOPE',
    message: /by green thread \d+ \(stranger\)/,
  })
  gate.resolve()
  await owner
  assert.deepEqual(log, insiders)
})

test('spawn of a shared scope works from everywhere while it is open', async () => {
  const gate = deferred()
  let inner: Scope | undefined
  const thread = spawn(() =>
    scope(
      (s) => {
        inner = s
        wait(gate.promise)
      },
      { shared: true },
    ),
  )
  const fromMain = inner?.spawn(() => wait(untilParked().then(() => 'from the main stack')))
  const fromThread = spawn(() =>
    inner?.spawn(() => wait(untilParked().then(() => 'from a thread'))).join(),
  )
  gate.resolve()
  await thread
  assert.equal(fromMain?.join(), 'from the main stack')
  assert.equal(await fromThread, 'from a thread')
})

test('on the main stack it says what async code writes', () => {
  assert.throws(
    () => scope(() => {}),
    (error) => {
      assert.ok(error instanceof NotInGreenThreadError)
      assert.match(error.message, /await toAsync\(\(\) => scope\(\.\.\.\)\)\(\)/)
      return true
    },
  )
  assert.throws(() => scope(() => {}, { limit: 0 }), { message: /^limit must be .* got 0$/ })
  assert.throws(() => scope(() => {}, { timeoutMs: -1 }), { code: 'ERR_GT_INVALID_ARGUMENT' })
  assert.throws(() => scope(1 as never), { code: 'ERR_GT_INVALID_ARGUMENT' })
})

for (const { name, code, callThere } of noSuspension) {
  test(`${name}, where it could not wait for threads, it does not begin`, async () => {
    let isCalled = false
    const thread = spawn(() => {
      assert.throws(
        () =>
          callThere(() =>
            scope(() => {
              isCalled = true
            }),
          ),
        { code },
      )
      return scope((s) => s.spawn(() => wait(Promise.resolve('and later it does'))).join())
    })
    assert.equal(await thread, 'and later it does')
    assert.equal(isCalled, false)
  })
}

test('ten thousand threads in one scope', async () => {
  let count = 0
  await spawn(() =>
    scope((s) => {
      for (let i = 0; i < 10_000; i++) {
        s.spawn(() => {
          wait(Promise.resolve())
          count++
        })
      }
    }),
  )
  assert.equal(count, 10_000)
  assert.equal(suspendedThreads().length, 0)
})
