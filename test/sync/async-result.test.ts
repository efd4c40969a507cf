import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AsyncResult, Cancelled, spawn, wait, yieldNow } from 'greenthreads'
import { untilParked, useVirtualClock } from 'greenthreads/testing'

test('all that wait get the value: threads, promises, await', async () => {
  const result = new AsyncResult<number>()
  const gets = [
    spawn(() => result.get()),
    spawn(() => wait(result)),
    result.getAsync(),
    result.then((value) => value),
    (async () => await result)(),
  ]
  await untilParked()
  result.set(42)
  assert.deepEqual(await Promise.all(gets), [42, 42, 42, 42, 42])
})

test('all that wait get the error', async () => {
  const result = new AsyncResult<number>()
  const error = new Error('no answer')
  const ends = [
    assert.rejects(async () => await spawn(() => result.get()), error),
    assert.rejects(result.getAsync(), error),
    assert.rejects(async () => await result, error),
  ]
  result.setError(error)
  await Promise.all(ends)
  assert.throws(() => result.get(), error)
  assert.throws(() => result.peek(), error)
})

test('what is there is returned at once, on any stack', async () => {
  const result = new AsyncResult<string>()
  assert.equal(result.isReady, false)
  assert.equal(result.peek(), undefined)
  result.set('here')
  assert.equal(result.isReady, true)
  assert.equal(result.peek(), 'here')
  assert.equal(result.get(), 'here')
  assert.equal(result.wait(), true)
  assert.equal(spawn(() => result.get()).state, 'finished')
  assert.equal(await result.waitAsync(), true)
})

test('undefined is a value', async () => {
  const result = new AsyncResult<undefined>()
  const thread = spawn(() => [result.get()])
  result.set(undefined)
  assert.deepEqual(await thread, [undefined])
  assert.throws(() => result.set(undefined), { code: 'ERR_GT_ALREADY_SET' })
})

test('it is set once', () => {
  const value = new AsyncResult<number>()
  value.set(1)
  assert.throws(() => value.set(2), {
    code: 'ERR_GT_ALREADY_SET',
    message: /^result\.set\(\) was called on a result that has a value already/,
  })
  assert.throws(() => value.setError(new Error('late')), { code: 'ERR_GT_ALREADY_SET' })
  assert.equal(value.get(), 1)
  const failed = new AsyncResult<number>()
  failed.setError(new Error('failed'))
  assert.throws(() => failed.set(1), { message: /has an error already/ })
})

test('waiting for it takes neither value nor error', async () => {
  const result = new AsyncResult<number>()
  const waits = [spawn(() => result.wait()), result.waitAsync()]
  result.setError(new Error('for those who ask'))
  assert.deepEqual(await Promise.all(waits), [true, true])
})

test('when the time is over wait returns false and get throws', async () => {
  using clock = useVirtualClock()
  const result = new AsyncResult<number>()
  const waits = [spawn(() => result.wait(10)), result.waitAsync({ timeoutMs: 10 })]
  const isLate = { code: 'ERR_GT_TIMED_OUT', timeoutMs: 10 }
  const getting = spawn(() => result.get(10))
  const ends = [
    assert.rejects(async () => await getting, isLate),
    assert.rejects(result.getAsync({ timeoutMs: 10 }), isLate),
  ]
  const patient = spawn(() => result.get(11))
  await clock.advance(10)
  assert.deepEqual(await Promise.all(waits), [false, false])
  await Promise.all(ends)
  result.set(1)
  assert.equal(await patient, 1)
  assert.equal(clock.pending, 0)
})

test('a limit of no time never suspends', async () => {
  const result = new AsyncResult<number>()
  assert.equal(result.wait(0), false)
  assert.throws(() => result.get(0), { code: 'ERR_GT_TIMED_OUT' })
  await assert.rejects(result.getAsync({ timeoutMs: 0 }), { code: 'ERR_GT_TIMED_OUT' })
})

test('who is cancelled leaves, the others get the value', async () => {
  const result = new AsyncResult<number>()
  const controller = new AbortController()
  const cancelled = spawn(() => result.get())
  const aborted = result.getAsync({ signal: controller.signal })
  const patient = spawn(() => result.get())
  const ends = [
    assert.rejects(async () => await cancelled, Cancelled),
    assert.rejects(aborted, /not any more/),
  ]
  cancelled.cancel()
  controller.abort(new Error('not any more'))
  result.set(1)
  await Promise.all(ends)
  assert.equal(await patient, 1)
})

test('it follows a green thread or a promise to its end', async () => {
  const thread = spawn(() => {
    yieldNow()
    return 'done'
  })
  assert.equal(await new AsyncResult<string>().follow(thread), 'done')
  const failing = new AsyncResult<string>().follow(Promise.reject(new Error('failed')))
  assert.equal(failing.isReady, false)
  await assert.rejects(failing.getAsync(), /failed/)
})

test('an error that nobody asks for is not reported', async () => {
  const reported: unknown[] = []
  const report = (error: unknown): void => {
    reported.push(error)
  }
  process.on('unhandledRejection', report)
  try {
    const result = new AsyncResult<number>().follow(Promise.reject(new Error('for later')))
    await untilParked()
    assert.equal(result.isReady, true)
    assert.deepEqual(reported, [])
  } finally {
    process.off('unhandledRejection', report)
  }
})

test('on the main stack the error says what async code writes', () => {
  assert.throws(() => new AsyncResult().get(), {
    code: 'ERR_GT_NOT_IN_GREEN_THREAD',
    message: /result\.get\(\) was called on the main stack.*await result$/ms,
  })
})
