import assert from 'node:assert/strict'
import { readFile } from 'node:fs'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { inherits } from 'node:util'
import { spawn } from 'greenthreads'
import Fiber from 'greenthreads/fibers'
import Future from 'greenthreads/fibers/future'
import { runScript } from '../core/script.ts'

// biome-ignore lint/suspicious/noExplicitAny: what Future.wrap makes of an object has no types.
type Callbacks = Record<string, any>

/** Runs in a Fiber; settles with its end. */
function inFiber<R>(fn: () => R): Promise<R> {
  return Future.task(fn).promise()
}

test('wait() suspends the Fiber until the value is there, or the error', async () => {
  const [value, failing] = [new Future<number>(), new Future()]
  setImmediate(() => value.return(1))
  setImmediate(() => failing.throw(new Error('failed')))
  await inFiber(() => {
    assert.equal(value.wait(), 1)
    assert.equal(value.wait(), 1)
    assert.throws(() => failing.wait(), /^Error: failed$/)
  })
})

test('Future.wait takes futures and arrays of them, and leaves errors to get()', async () => {
  const [a, b, c] = [new Future<string>(), new Future<string>(), new Future<string>()]
  c.return('c')
  setImmediate(() => a.throw(new Error('a')))
  setImmediate(() => setImmediate(() => b.return('b')))
  await inFiber(() => {
    Future.wait(a, [b, c])
    assert.throws(() => a.get(), /^Error: a$/)
    assert.deepEqual([b.get(), c.get()], ['b', 'c'])
  })
})

test('Future.wait refuses what is no future, and waiting outside of Fibers', async () => {
  const wait = Future.wait as (...args: unknown[]) => void
  await inFiber(() => {
    assert.throws(() => wait(1), /^Error: 1 is not a future$/)
    assert.throws(() => wait([{}]), /^Error: \[object Object\] is not a future$/)
  })
  assert.throws(() => new Future().wait(), /^Error: Can't wait without a fiber$/)
  const resolved = new Future<number>()
  resolved.return(2)
  assert.equal(resolved.wait(), 2)
})

test('in a green thread that is no Fiber, wait() suspends that', async () => {
  const future = new Future<number>()
  const thread = spawn(() => future.wait())
  future.return(3)
  assert.equal(await thread, 3)
})

test('a Fiber that somebody else lets go on is not run by its futures any more', async () => {
  const future = new Future()
  const log: unknown[] = []
  const fiber = Fiber(() => {
    assert.throws(() => future.wait(), /^Error: Future must resolve before value is ready$/)
    log.push(Fiber.yield('yielded'))
  })
  fiber.run()
  assert.equal(fiber.run(), 'yielded')
  future.return()
  assert.deepEqual(log, [])
  fiber.run('by us')
  assert.deepEqual(log, ['by us'])
})

test('get() throws when there is no result, and results are set once', () => {
  const future = new Future<number>()
  assert.throws(() => future.get(), /^Error: Future must resolve before value is ready$/)
  assert.throws(() => future.throw(undefined), /^Error: Must throw non-empty error$/)
  assert.equal(future.isResolved(), false)
  future.return(1)
  assert.equal(future.isResolved(), true)
  assert.throws(() => future.return(2), /^Error: Future resolved more than once$/)
  assert.throws(() => future.throw(new Error()), /^Error: Future resolved more than once$/)
  assert.equal(future.get(), 1)
})

test('get() heads the stack of the error by its own, however often', () => {
  const future = new Future()
  const error = new Error('two\nlines')
  const original = error.stack
  future.throw(error)
  function firstGetter(): void {
    future.get()
  }
  function lastGetter(): void {
    future.get()
  }
  assert.throws(firstGetter, error)
  assert.throws(lastGetter, error)
  const [head, tail] = String(error.stack).split('\n    - - - - -\n')
  assert.match(String(head), /^Error: two\nlines\n {4}at .*lastGetter/)
  assert(String(original).endsWith(String(tail)))
  assert.doesNotMatch(String(error.stack), /firstGetter/)
})

test('an error that is no Error is thrown as it is, a frozen one too', () => {
  for (const error of ['text', Object.freeze(new Error('frozen'))]) {
    const future = new Future()
    future.throw(error)
    assert.throws(
      () => future.get(),
      (thrown) => thrown === error,
    )
  }
})

test('resolve() calls back in order, at once when there is a result', () => {
  const log: unknown[] = []
  const [future, other] = [new Future<number>(), new Future()]
  future
    .resolve((error, value) => log.push(['callback', error, value]))
    .resolve(other, (value) => log.push(['value', value]))
    .resolveSuccess((value) => log.push(['success', value]))
  future.return(1)
  future.resolve((error, value) => log.push(['late', error, value]))
  future.resolve(other, (value) => log.push(['late value', value]))
  assert.deepEqual(log, [
    ['callback', undefined, 1],
    ['value', 1],
    ['success', 1],
    ['late', undefined, 1],
    ['late value', 1],
  ])
})

test('resolve() with a future gives the error to that, proxy() everything, proxyErrors() errors', () => {
  const error = new Error('handed on')
  const failing = new Future<number>()
  const makeFuture = (): Future<number> => new Future()
  const [a, b, c, d, e] = [makeFuture(), makeFuture(), makeFuture(), makeFuture(), makeFuture()]
  failing.resolve(a, () => assert.fail('there is no value'))
  failing.proxy(b)
  failing
    .proxyErrors(c)
    .proxyErrors([d])
    .resolveSuccess(() => assert.fail('no success'))
  failing.throw(error)
  for (const future of [a, b, c, d]) assert.throws(() => future.get(), error)
  const fine = new Future<number>()
  fine.proxyErrors(e).proxy(e)
  fine.return(7)
  assert.equal(e.get(), 7)
})

test('task() calls in the next tick, in a Fiber; of several functions it gives an array', async () => {
  const log: string[] = []
  const task = Future.task(() => {
    log.push(Fiber.current === undefined ? 'outside' : 'in a Fiber')
    return 1
  })
  log.push('returned')
  assert.equal(await task.promise(), 1)
  assert.deepEqual(log, ['returned', 'in a Fiber'])
  const both = Future.task<string | number>(
    () => 'a',
    () => 2,
  )
  assert.deepEqual(await both.promise(), ['a', 2])
  const failing = Future.task(
    () => 1,
    () => {
      throw new Error('of one')
    },
  )
  await assert.rejects(failing.promise(), /^Error: of one$/)
})

test('a task that has not begun is called in the Fiber that waits for it', async () => {
  const fibers = await inFiber(() => {
    const task = Future.task(() => Fiber.current)
    return [task.wait(), Fiber.current]
  })
  assert(fibers[0] !== undefined)
  assert.equal(fibers[0], fibers[1])
})

test('fn.future() keeps this and the arguments, and names the function', async () => {
  const target = {
    base: 10,
    add: function (this: { base: number }, value: number): number {
      return this.base + value
    }.future<number>(),
  }
  assert.equal(await target.add(5).promise(), 15)
  assert.match(String(target.add), /^<<Future function[\s\S]*\.future\(\)>>$/)
  assert.deepEqual(Object.keys(Function.prototype), [])
})

test('wrap() turns callbacks into futures, with what the function returns', async () => {
  function divide(
    this: unknown,
    a: number,
    b: number,
    done: (error?: Error, quotient?: number, rest?: number) => void,
  ): unknown {
    if (b === 0) setImmediate(done, new Error('division by zero'))
    else setImmediate(done, undefined, Math.floor(a / b), a % b)
    return this
  }
  const receiver = { divide: Future.wrap(divide) }
  const future = receiver.divide(7, 2)
  assert.equal(future._, receiver)
  assert.equal(await future.promise(), 3)
  await assert.rejects(receiver.divide(1, 0).promise(), /division by zero/)
  assert.deepEqual(await Future.wrap(divide, true)(7, 2).promise(), [3, 1])
})

test('wrap() of an object adds methods, also those of functions that it has', async () => {
  const api = Object.assign((done: (e: unknown, v: string) => void) => done(null, 'called'), {
    get: (done: (e: unknown, v: string) => void) => done(null, 'got'),
  })
  const wrapped = Future.wrap({ readFile, api, value: 1 }) as Callbacks
  assert.equal(wrapped.value, 1)
  assert.equal(wrapped.readFile, readFile)
  const text = await wrapped
    .readFileFuture(new URL('../../package.json', import.meta.url))
    .promise()
  assert.match(String(text), /greenthreads/)
  assert.equal(wrapped.apiFuture().get(), 'called')
  assert.equal(wrapped.apiFuture.getFuture().get(), 'got')
  assert.equal(wrapped.apiFuture.get, api.get)
  const suffixed = Future.wrap({ api }, false, 'Sync') as Callbacks
  assert.equal(suffixed.apiSync().get(), 'called')
})

test('promises become futures and futures promises', async () => {
  const future = Future.fromPromise(Promise.resolve(1))
  assert.equal(await inFiber(() => future.wait()), 1)
  const failing = Future.fromPromise(Promise.reject(new Error('refused')))
  await assert.rejects(failing.promise(), /refused/)
})

test('inheritance as util.inherits does it works', async () => {
  function Special(this: Future): void {
    ;(Future as unknown as (this: Future) => void).call(this)
  }
  inherits(Special, Future)
  const special = new (Special as unknown as new () => Future<number>)()
  assert(special instanceof Future)
  setImmediate(() => special.return(1))
  assert.equal(await inFiber(() => special.wait()), 1)
})

test('detach() lets an error be an uncaught exception, as one that a callback throws', async () => {
  const { stdout, code } = await runScript(`
    import Future from 'greenthreads/fibers/future'
    process.on('uncaughtException', (error) => console.log(error.message))
    Future.task(() => { throw new Error('detached') }).detach()
    ;(() => { throw new Error('of a function') }).future(true)()
    const future = new Future()
    future.resolve(() => { throw new Error('of a callback') })
    future.resolve(() => console.log('next callback'))
    future.return()
  `)
  assert.equal(stdout, 'next callback\nof a callback\ndetached\nof a function\n')
  assert.equal(code, 0)
})

test('a thousand tasks in one program end', async () => {
  const tasks = Array.from({ length: 1000 }, (_, i) =>
    Future.task(() => Future.fromPromise(turn(i)).wait()),
  )
  const values = await inFiber(() => {
    Future.wait(tasks)
    return tasks.map((task) => task.get())
  })
  assert.deepEqual(
    values,
    tasks.map((_, i) => i),
  )
})
