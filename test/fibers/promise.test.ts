import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { spawn } from 'greenthreads'
import Fiber from 'greenthreads/fibers'
import { makeCompatible } from 'greenthreads/fibers/promise'

before(() => makeCompatible(Promise))

test('promise.await() suspends the Fiber, and throws the error of the promise', async () => {
  const main = Promise.async(() => {
    assert.equal(turn('value').await(), 'value')
    assert.equal(Promise.await(1), 1)
    assert.deepEqual(Promise.awaitAll([turn(1), 2]), [1, 2])
    Promise.reject(new Error('refused')).await()
  })
  await assert.rejects(main(), /^Error: refused$/)
})

test('await() outside of Fibers and green threads is an error', async () => {
  assert.throws(() => Promise.await(1), /^Error: Cannot await without a Fiber$/)
  assert.equal(await spawn(() => Promise.resolve(1).await()), 1)
})

test('async() keeps this and the arguments, in a Fiber of its own or in that of the caller', async () => {
  const fibers: unknown[] = []
  const inner = function (this: unknown, ...args: unknown[]): unknown[] {
    fibers.push(Fiber.current)
    return [this, ...args]
  }
  const receiver = {}
  const outer = Promise.async(() => {
    fibers.push(Fiber.current)
    const own = Promise.async(inner).call(receiver, 1).await()
    return [own, Promise.asyncApply(inner, receiver, [2], true).await()]
  })
  assert.deepEqual(await outer(), [
    [receiver, 1],
    [receiver, 2],
  ])
  assert.notEqual(fibers[1], fibers[0])
  assert.equal(fibers[2], fibers[0])
})

test('callbacks of then() run in Fibers, with copies of the properties of the one that called it', async () => {
  const seen = await Promise.async(() => {
    const fiber = Object.assign(Fiber.current as Fiber, { mine: { list: [1] } })
    const promise = turn().then(() => {
      const own = Fiber.current as typeof fiber
      const waited = turn('waited').await()
      return [own === fiber, own.mine === fiber.mine, own.mine, waited]
    })
    return promise.await()
  })()
  assert.deepEqual(seen, [false, false, { list: [1] }, 'waited'])
})

test('then() passes values and errors on as before', async () => {
  assert.equal(await Promise.resolve(1).then((value) => value + 1), 2)
  assert.equal(await Promise.reject(new Error('a')).catch(({ message }) => message), 'a')
  assert.equal(
    await Promise.resolve(1)
      .then(null)
      .then(() => turn('nested')),
    'nested',
  )
  const thrown = Promise.resolve().then(() => {
    throw new Error('in a callback')
  })
  await assert.rejects(thrown, /in a callback/)
})

test('a second call changes nothing', () => {
  const { then } = Promise.prototype
  makeCompatible()
  assert.equal(Promise.prototype.then, then)
})

test('a class of promises of their own is given the same', async () => {
  class Own<T> extends Promise<T> {}
  makeCompatible(Own as unknown as PromiseConstructor)
  const waiting = Own.async(() => Own.resolve(1).await())()
  assert(waiting instanceof Own)
  assert.equal(await waiting, 1)
})
