import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type GreenThread,
  NotInGreenThreadError,
  spawn,
  WaitOnItselfError,
  wait,
} from 'greenthreads'
import { deferred } from './deferred.ts'
import { runScript } from './script.ts'

test('wait returns the value of a promise, from any depth of synchronous code', async () => {
  const lookUp = (id: number): string => wait(Promise.resolve(`value ${id}`))
  const thread = spawn(() => [1, 2, 3].map(lookUp).sort((a, b) => b.localeCompare(a)))
  assert.deepEqual(await thread, ['value 3', 'value 2', 'value 1'])
})

test('wait throws the error of a promise', async () => {
  const error = new Error('refused')
  const thread = spawn(() => {
    try {
      wait(Promise.reject(error))
      return undefined
    } catch (caught) {
      return caught
    }
  })
  assert.equal(await thread, error)
})

test('a plain value is returned at once, inside and outside of threads', () => {
  // biome-ignore lint/suspicious/noThenProperty: the subject of this test.
  const object = { then: 'not a function' }
  assert.equal(wait(object), object)
  assert.equal(wait(null), null)
  assert.equal(wait(undefined), undefined)
  const thread = spawn(() => wait(7))
  assert.equal(thread.state, 'finished')
})

test('thenables and subclasses of Promise are waited for', async () => {
  class Special<T> extends Promise<T> {}
  const thread = spawn(() => {
    // biome-ignore lint/suspicious/noThenProperty: the subject of this test.
    const thenable = { then: (resolve: (value: string) => void) => resolve('thenable') }
    return [wait(thenable), wait(Special.resolve('subclass'))]
  })
  assert.deepEqual(await thread, ['thenable', 'subclass'])
})

test('waiting for a thread gives its result or its error', async () => {
  const error = new Error('inner')
  const thread = spawn(() => {
    const good = spawn(() => wait(Promise.resolve('good')))
    const bad = spawn(() => {
      wait(Promise.resolve())
      throw error
    })
    assert.equal(wait(good), 'good')
    assert.throws(() => wait(bad), error)
    return wait(good)
  })
  assert.equal(await thread, 'good')
})

test('wait on the main stack says what to write instead', async () => {
  assert.throws(() => wait(Promise.reject(new Error('nobody waits'))), {
    name: 'NotInGreenThreadError',
    code: 'ERR_GT_NOT_IN_GREEN_THREAD',
    message: /spawn\(\(\) => wait\(\.\.\.\)\)[\s\S]*await promise/,
  })
  await spawn(async () => {
    await null
    assert.throws(() => wait(Promise.resolve()), NotInGreenThreadError)
  })
})

test('a thread that waits for itself is told so', async () => {
  const gate = deferred()
  const thread: GreenThread = spawn(() => {
    wait(gate.promise)
    return thread.join()
  })
  gate.resolve()
  await assert.rejects(async () => await thread, WaitOnItselfError)
})

test('ten thousand waits in one thread use constant memory', async () => {
  // In a process of its own: the test runner notes every promise.
  const { stdout } = await runScript(
    `
    import { spawn, wait } from 'greenthreads'
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    function heapAfter(waits) {
      for (let i = 0; i < waits; i++) wait(Promise.resolve(i))
      wait(turn()) // out of the microtasks
      gc()
      return process.memoryUsage().heapUsed
    }
    spawn(() => {
      heapAfter(10_000) // what is compiled and enlarged once
      const start = heapAfter(1)
      console.log(heapAfter(10_000) - start)
    })`,
    ['--expose-gc'],
  )
  const growth = Number.parseInt(stdout, 10)
  assert.ok(growth < 300_000, `${stdout} bytes more, where one object per wait would be 400,000`)
})

test('a thousand threads wait for one promise and resume in their order', async () => {
  const gate = deferred()
  const order: number[] = []
  const threads = Array.from({ length: 1000 }, (_, i) =>
    spawn(() => {
      wait(gate.promise)
      order.push(i)
    }),
  )
  gate.resolve()
  await Promise.all(threads)
  assert.deepEqual(
    order,
    Array.from({ length: 1000 }, (_, i) => i),
  )
})

test('a suspended thread does not hold the process open', async () => {
  const { code, stdout } = await runScript(`
    import { spawn, wait } from 'greenthreads'
    spawn(() => wait(new Promise(() => {})))
    console.log('end of script')
  `)
  assert.equal(stdout, 'end of script\n')
  assert.equal(code, 0)
})

test('what a thread waits for holds the process open', async () => {
  const { stdout } = await runScript(`
    import { spawn, sleep } from 'greenthreads'
    spawn(() => { sleep(1); console.log('slept') })
  `)
  assert.equal(stdout, 'slept\n')
})
