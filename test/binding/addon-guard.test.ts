import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { CannotSuspendError, sleep, spawn, wait } from 'greenthreads'
import { runScript } from '../core/script.ts'
import { loadNodeApi, nodeApiPath } from '../support/node-api.ts'

// Addons that take it that all their calls come from one OS thread, which green threads are with one of the
// backends. This one is loaded by a green thread, too.

const nodeApi = await spawn(() => loadNodeApi())

/** The calls that a thread makes, without those of the collector in between. */
async function callsOf(body: () => void): Promise<string[]> {
  nodeApi.takeCalls()
  await spawn(() => {
    sleep(1)
    body()
  })
  return nodeApi.takeCalls().filter((call) => call !== 'finalizer')
}

test('functions of an addon are called on one OS thread', async () => {
  const calls = await callsOf(() => {
    assert.equal(nodeApi.plain('value'), 'value')
    assert.equal(nodeApi.inner.plain('deep'), 'deep')
    const made = nodeApi.makeFunction()
    assert.equal(made('made'), 'made')
    assert.equal(nodeApi.plain(made), made)
  })
  assert.deepEqual(calls, ['plain', 'plain', 'makeFunction', 'made', 'plain'])
})

for (const name of ['Counter', 'FixedCounter'] as const) {
  test(`members of the class ${name} are called on one OS thread`, async () => {
    const calls = await callsOf(() => {
      const Class = nodeApi[name]
      class Double extends Class {
        override add(amount: number): number {
          return super.add(2 * amount)
        }
      }
      for (const counter of [new Class(), new Double(), Class.create()]) {
        counter.count = 1
        counter.add(1)
        assert.equal(counter.count, counter instanceof Double ? 3 : 2)
      }
    })
    const each = ['set count', 'add', 'get count']
    const made = ['constructor', 'constructor', 'create', 'constructor']
    assert.deepEqual(calls, [...made, ...each, ...each, ...each])
  })

  test(`the class ${name} shows what it has`, () => {
    const Class = nodeApi[name]
    assert.equal(Class.name, name)
    assert.equal(Class.prototype.constructor, Class)
    assert.equal(Object.hasOwn(Class, 'create'), true)
    assert.match(String(Class), /native code/)
    class Derived extends Class {}
    const derived = new Derived()
    assert.equal(derived.constructor, Derived)
    assert.equal(derived instanceof Class, true)
    const made = new Class()
    assert.equal(made instanceof Class, true)
    assert.equal(made instanceof nodeApi.FixedCounter, name === 'FixedCounter')
    assert.equal(Class.create() instanceof nodeApi.FixedCounter, true)
    assert.throws(() => Reflect.apply(Class.prototype.add, {}, [1]), TypeError)
  })
}

test('exports are those that the addon has made', () => {
  const exports = Object.getOwnPropertyDescriptors(nodeApi)
  assert.deepEqual(Object.keys(nodeApi).includes('plain'), false)
  assert.equal(exports.plain?.writable, false)
  assert.equal(exports.fail?.writable, true)
  assert.equal(nodeApi.makeFunction().name, 'made')
  assert.equal(typeof nodeApi.inner, 'object')
  assert.equal(nodeApi.plain(nodeApi.Counter), nodeApi.Counter)
  assert.equal(nodeApi.plain(Array), Array)
  assert.equal(nodeApi.plain(Intl.NumberFormat), Intl.NumberFormat)
  const bound = (() => {}).bind(null)
  assert.equal(nodeApi.plain(bound), bound)
})

test('an addon goes on with a promise on the same OS thread', async () => {
  const calls = await callsOf(() => {
    assert.equal(wait(nodeApi.awaitPromise(Promise.resolve('kept'))), 'kept')
    const broken = nodeApi.awaitPromise(Promise.reject('broken'))
    assert.equal(wait(broken), 'broken')
  })
  assert.deepEqual(calls, ['awaitPromise', 'made', 'awaitPromise', 'made'])
})

test('an addon goes on with a promise on the same OS thread where all functions can wait', async () => {
  const source = `
    import { createRequire } from 'node:module'
    const nodeApi = createRequire(import.meta.url)(${JSON.stringify(nodeApiPath)})
    setTimeout(async () => {
      const last = (promise) => promise.finally(nodeApi.makeFunction())
      const caught = (promise) => promise.catch(nodeApi.makeFunction())
      for (const call of [nodeApi.awaitPromise, last, caught]) {
        await call(Promise.resolve())
        await call(Promise.reject(new Error())).catch(() => {})
      }
      console.log(nodeApi.takeCalls().filter((call) => call !== 'finalizer').join())
    }, 1)
  `
  const { stdout, stderr } = await runScript(source, ['--import', 'greenthreads/register'])
  assert.equal(stderr, '')
  const made = ['makeFunction', 'made', 'makeFunction', 'made']
  const expected = [
    'awaitPromise',
    'made',
    'awaitPromise',
    'made',
    ...made,
    'makeFunction',
    ...made.slice(2),
  ]
  assert.deepEqual(stdout.trim().split(','), expected)
})

test('what an addon calls later comes from the same OS thread', async () => {
  const calls = await callsOf(() => {
    for (const later of [nodeApi.doWork, nodeApi.callLater]) {
      wait(new Promise<void>((resolve) => later(resolve)))
    }
  })
  assert.deepEqual(calls, ['doWork', 'work done', 'callLater', 'later'])
  await spawn(() => {
    for (let i = 0; i < 20; i++) new nodeApi.Counter()
    gc?.()
  })
  await setImmediate()
  assert.deepEqual(new Set(nodeApi.takeCalls()), new Set(['constructor', 'finalizer']))
})

test('a function that an addon calls back can start threads, which use the addon, but not wait', async () => {
  const calls = await callsOf(() => {
    const inner = nodeApi.napiCall(() => {
      const first = spawn(() => {
        const counter = new nodeApi.Counter()
        wait(Promise.resolve())
        return nodeApi.napiCall(() => counter.add(nodeApi.napiCall(() => 1)))
      })
      const second = spawn(() => nodeApi.napiCall(() => spawn(() => nodeApi.plain(2))).join())
      assert.throws(() => sleep(1), { code: 'ERR_GT_CANNOT_SUSPEND_NODE_API' })
      assert.throws(() => first.join(), CannotSuspendError)
      return [first, second] as const
    })
    assert.equal(inner[0].join(), 1)
    assert.equal(inner[1].join(), 2)
    sleep(1)
  })
  assert.deepEqual(calls, ['constructor', 'plain', 'add'])
})

test('an error shows who has called the addon', async () => {
  function stackOf(call: () => unknown): string {
    try {
      call()
    } catch (error) {
      return (error as Error).stack ?? ''
    }
    return assert.fail('nothing was thrown')
  }
  const [ofAddon, ofCallback] = await spawn(function caller() {
    sleep(1)
    const thrown = new RangeError('of a callback')
    return [
      stackOf(() => nodeApi.fail()),
      stackOf(() =>
        nodeApi.napiCall(function calledBack() {
          throw Object.assign(new Error(thrown.message), { cause: thrown })
        }),
      ),
    ] as const
  })
  assert.match(ofAddon, /^TypeError.*: of the addon\n +at .*stackOf.*at caller /s)
  assert.match(ofCallback, /^Error: of a callback\n +at calledBack .*stackOf.*at caller /s)
  for (const stack of [ofAddon, ofCallback])
    assert.doesNotMatch(stack, /onMainThread|binding.addon-guard.js/)
})

test('a worker ends while a green thread is in an addon', async () => {
  const source = `
    const { spawn } = require('greenthreads')
    const { parentPort } = require('node:worker_threads')
    const nodeApi = require(${JSON.stringify(nodeApiPath)})
    spawn(() => nodeApi.napiCall(() => spawn(() => nodeApi.napiCall(() => {
      parentPort.postMessage('inside')
      for (;;);
    }))))`
  const worker = new Worker(source, { eval: true })
  await once(worker, 'message')
  assert.equal(await worker.terminate(), 1)
})
