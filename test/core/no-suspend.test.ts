import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  assertSuspends,
  CannotSuspendError,
  DidNotSuspendError,
  noSuspend,
  sleep,
  spawn,
  wait,
} from 'greenthreads'

const forbidden = { code: 'ERR_GT_CANNOT_SUSPEND_NO_SUSPEND' }

test('a wait inside noSuspend() throws, however deep, and the thread can wait again after it', async () => {
  const thread = spawn(() => {
    const result = noSuspend(() => {
      assert.throws(() => [1].map(() => sleep(1)), forbidden)
      return 'done'
    })
    return [result, wait(Promise.resolve('waited'))]
  })
  assert.deepEqual(await thread, ['done', 'waited'])
})

test('noSuspend() passes errors on, regions nest, and the outermost ends them', async () => {
  await spawn(() => {
    noSuspend(() => {
      assert.throws(() => noSuspend(() => sleep(1)), forbidden)
      assert.throws(() => sleep(1), forbidden)
    })
    const error = new Error('of the function')
    const fail = (): never => {
      throw error
    }
    assert.throws(() => noSuspend(fail), error)
    sleep(1)
  })
})

test('a thread that is started inside noSuspend() may wait', async () => {
  const outer = spawn(() => noSuspend(() => spawn(() => wait(Promise.resolve('inner')))))
  assert.equal(await await outer, 'inner')
})

test('on the main stack noSuspend() calls the function', () => {
  assert.equal(
    noSuspend(() => 1),
    1,
  )
})

test('an async function is refused', async () => {
  const asynchronous = async (): Promise<void> => {}
  assert.throws(() => noSuspend(asynchronous), { code: 'ERR_GT_ASYNC_FUNCTION' })
  await spawn(() =>
    assert.throws(() => assertSuspends(asynchronous), { code: 'ERR_GT_ASYNC_FUNCTION' }),
  )
})

test('assertSuspends() returns what a function returns that has waited', async () => {
  const load = (): string => wait(Promise.resolve('loaded'))
  assert.equal(await spawn(() => assertSuspends(load)), 'loaded')
})

test('assertSuspends() names a function that has not waited', async () => {
  const compute = (): number => 1
  await assert.rejects(
    async () => spawn(() => assertSuspends(compute)),
    (error) => error instanceof DidNotSuspendError && /^compute\(\) was given/.test(error.message),
  )
})

test('assertSuspends() passes errors on, and needs a green thread', async () => {
  const refuse = (): void => noSuspend(() => sleep(1))
  await assert.rejects(async () => spawn(() => assertSuspends(refuse)), CannotSuspendError)
  assert.throws(() => assertSuspends(() => sleep(1)), { code: 'ERR_GT_NOT_IN_GREEN_THREAD' })
})
