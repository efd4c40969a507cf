import assert from 'node:assert/strict'
import { AsyncResource } from 'node:async_hooks'
import { EventEmitter } from 'node:events'
import { describe, test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { addon } from '../../support/addon.ts'
import { fixtures } from '../../support/fixtures.ts'
import { collectFull } from '../../support/garbage.ts'
import { Coroutine } from '../../support/raw-coroutine.ts'
import { withoutLeaks } from '../../support/suspended.ts'
import { nodeMajor, v8Major } from '../../support/versions.ts'
import { instantiate, twice } from '../../support/webassembly.ts'

const pause = (): number => {
  Coroutine.suspend()
  return 0
}

/** What lies between the coroutine's body and the place where it is suspended when it is ended. */
const situations: Record<string, () => unknown> = {
  'plain code': () => pause(),
  'a sort comparator': () => [2, 1].sort(pause),
  'the reviver of JSON.parse': () => JSON.parse('[1]', pause),
  'a replace callback': () => 'a'.replace(/a/, () => `${pause()}`),
  'a generator': () => {
    function* items(): Generator<number> {
      yield pause()
    }
    return [...items()]
  },
  'an async function': () => (async () => pause())().catch(() => {}),
  'the executor of a promise': () => new Promise(pause).catch(() => {}),
  'a proxy trap': () => (new Proxy({}, { get: pause }) as { any: unknown }).any,
  'a class field': () =>
    new (class {
      field = pause()
    })(),
  'vm code': () => runInNewContext('pause()', { pause }),
  'an event listener': () => new EventEmitter().on('ring', pause).emit('ring'),
  'a scope of an AsyncResource': () => new AsyncResource('Ending').runInAsyncScope(pause),
  WebAssembly: () => instantiate(twice, pause).run(),
  'node::MakeCallback': () => fixtures.makeCallback(pause),
  'nested node::MakeCallback': () =>
    fixtures.makeCallback(() => fixtures.makeCallback(pause, 2 ** 40)),
  'node::CallbackScope': () => fixtures.inCallbackScope(pause),
  'v8::Isolate::Scope': () => fixtures.inIsolateScope(pause),
  'v8::TryCatch': () => fixtures.tryCatch(pause),
  'option getters of Intl': () =>
    new Intl.NumberFormat('en', {
      get useGrouping() {
        return Boolean(pause())
      },
    }),
}
if (v8Major !== 12) situations['JSON.stringify'] = () => JSON.stringify({ toJSON: pause })

/**
 * Native code that catches. On Node 22 node::MakeCallback does, too: when it pops the async ids that were
 * put back after a suspension, V8 12 clears the exception that is on its way.
 */
const swallows = nodeMajor === 22 ? /MakeCallback|TryCatch/ : /TryCatch/

async function assertMainIsHealthy(depth: number): Promise<void> {
  assert.equal(addon.info().callbackDepth, depth)
  assert.equal([3, 1, 2].sort((a, b) => a - b).join(), '1,2,3')
  collectFull()
  const log: string[] = []
  process.nextTick(() => log.push('tick'))
  await Promise.resolve().then(() => log.push('microtask'))
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(log.sort(), ['microtask', 'tick'])
}

describe('destroying a coroutine suspended inside', () => {
  for (const [name, run] of Object.entries(situations)) {
    test(`${name} runs nothing of it and leaves the main stack healthy`, async () => {
      const { callbackDepth } = addon.info()
      const log: string[] = []
      withoutLeaks(() => {
        const coroutine = new Coroutine(() => {
          try {
            run()
            log.push('went on')
          } catch (error) {
            log.push(`caught ${error}`)
          } finally {
            log.push('finally')
          }
        })
        coroutine.resume()
        assert.equal(coroutine.isDone, false)
        coroutine.destroy()
      })
      await assertMainIsHealthy(callbackDepth)
      assert.deepEqual(log, [])
    })
  }
})

describe('throwing into a coroutine suspended inside', () => {
  for (const [name, run] of Object.entries(situations)) {
    // An error that reaches such a scope is an uncaught exception of the process, everywhere.
    if (name === 'node::CallbackScope') continue
    test(`${name} unwinds it through finally`, async () => {
      const { callbackDepth } = addon.info()
      const log: string[] = []
      withoutLeaks(() => {
        const coroutine = new Coroutine(() => {
          try {
            return run()
          } catch (error) {
            log.push((error as Error).message)
            throw error
          } finally {
            log.push('finally')
          }
        })
        coroutine.resume()
        const unwind = new Error('unwind')
        // An async function and a promise take the error into their result.
        if (/async function|executor/.test(name)) {
          coroutine.throwInto(unwind)
          assert.deepEqual(log, ['finally'])
        } else if (swallows.test(name)) {
          coroutine.throwInto(unwind)
          assert.deepEqual(log, ['finally'])
        } else {
          assert.throws(() => coroutine.throwInto(unwind), { message: 'unwind' })
          assert.deepEqual(log, ['unwind', 'finally'])
        }
        assert.ok(coroutine.isDone)
      })
      await assertMainIsHealthy(callbackDepth)
    })
  }
})

describe('destroying', () => {
  test('a coroutine that never ran frees its stack', () => {
    withoutLeaks(() => {
      let ran = false
      const coroutine = new Coroutine(() => {
        ran = true
      })
      coroutine.destroy()
      assert.equal(ran, false)
    })
  })

  test('works from inside another coroutine', () => {
    withoutLeaks(() => {
      const victim = new Coroutine(pause)
      victim.resume()
      const killer = new Coroutine(() => {
        Coroutine.suspend()
        victim.destroy()
        Coroutine.suspend()
        return 'unharmed'
      })
      killer.resume()
      killer.resume()
      collectFull()
      assert.equal(killer.resume(), 'unharmed')
    })
  })

  test('many in random order keeps the others intact', () => {
    withoutLeaks(() => {
      const coroutines = Array.from(
        { length: 60 },
        (_, index) =>
          new Coroutine(() => {
            const kept = { index }
            ;[2, 1].sort(pause)
            return kept.index
          }),
      )
      for (const coroutine of coroutines) coroutine.resume()
      for (const [index, coroutine] of coroutines.entries()) {
        if ((index * 7) % 3 === 0) coroutine.destroy()
      }
      collectFull()
      for (const [index, coroutine] of coroutines.entries()) {
        if ((index * 7) % 3 !== 0) assert.equal(coroutine.resume(), index)
      }
    })
  })
})
