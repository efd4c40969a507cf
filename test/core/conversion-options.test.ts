import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { current, spawn, toAsync, toSync, wait } from 'greenthreads'
import { untilParked } from 'greenthreads/testing'

test('toAsync refuses an async function and says what to write', () => {
  assert.throws(() => toAsync(async function load() {}), {
    name: 'AsyncFunctionError',
    code: 'ERR_GT_ASYNC_FUNCTION',
    message: /async function, load, .*\n.*await load\(\.\.\.\)/,
  })
  assert.throws(() => toAsync(async () => {}), { message: /In async code: +await the function\n/ })
})

test('conversions keep own properties, and functions stay distinct', async () => {
  const original = Object.assign((n: number) => n, { unit: 'ms', [Symbol.for('tag')]: 1 })
  for (const converted of [toAsync(original), toSync(original)]) {
    assert.notEqual(converted, original)
    const { unit, [Symbol.for('tag')]: tag } = converted as never
    assert.deepEqual([unit, tag], ['ms', 1])
  }
  class Unfit {}
  assert.notEqual(toAsync(Unfit as never).prototype, Unfit.prototype)
})

test('the name of the threads can be chosen', async () => {
  const name = toAsync(() => current()?.name, { name: 'import job' })
  assert.equal(await name(), 'import job')
  const serial = toAsync(() => current()?.name, { name: 'in line', serial: true })
  assert.equal(await serial(), 'in line')
})

test('mustSuspend rejects when nothing was waited for', async () => {
  const options = { mustSuspend: true }
  const blocking = toAsync(function query() {
    return 'too fast'
  }, options)
  await assert.rejects(blocking(), {
    code: 'ERR_GT_DID_NOT_SUSPEND',
    message: /^query\(\) was converted with `mustSuspend: true`/,
  })
  assert.equal(
    await toAsync(() => wait('plain') + wait(Promise.resolve(' late')), options)(),
    'plain late',
  )
  assert.equal(await toAsync(() => Promise.resolve('returned'), options)(), 'returned')
  await assert.rejects(
    toAsync(() => {
      throw new Error('its own')
    }, options)(),
    /its own/,
  )
})

test('waiting for its turn is not what mustSuspend asks for', async () => {
  const fast = toAsync(() => 1, { mustSuspend: true, serial: true })
  const results = await Promise.allSettled([fast(), fast()])
  assert.deepEqual(
    results.map((result) => result.status === 'rejected' && result.reason.code),
    ['ERR_GT_DID_NOT_SUSPEND', 'ERR_GT_DID_NOT_SUSPEND'],
  )
})

test('a refused promise never surfaces as an unhandled rejection', async () => {
  const surfaced: unknown[] = []
  const collect = (reason: unknown): void => void surfaced.push(reason)
  process.on('unhandledRejection', collect)
  try {
    const refused = (): Promise<never> => Promise.reject(new Error('refused'))
    assert.throws(() => wait(refused()), { code: 'ERR_GT_NOT_IN_GREEN_THREAD' })
    assert.throws(() => toSync(refused)(), { code: 'ERR_GT_NOT_IN_GREEN_THREAD' })
    const thread = spawn(() => {
      current()?.cancel()
      assert.throws(() => wait(refused()), { code: 'ERR_GT_CANCELLED' })
      assert.throws(() => toSync(refused)(), { code: 'ERR_GT_CANCELLED' })
      return refused()
    })
    await assert.rejects(async () => await thread, { code: 'ERR_GT_CANCELLED' })
    await untilParked()
    await untilParked()
    assert.deepEqual(surfaced, [])
  } finally {
    process.off('unhandledRejection', collect)
  }
})

test('the calls run in the async context that is chosen, and their caller stays in its own', async () => {
  const storage = new AsyncLocalStorage<string>()
  const body = (): unknown => [storage.getStore(), wait(Promise.resolve(storage.getStore()))]
  const captured = storage.run('captured', () => AsyncLocalStorage.snapshot())
  const fixed = toAsync(body, { context: (call) => storage.run('fixed', call) })
  const inCaptured = toAsync(body, { context: captured, serial: true })
  await storage.run('of the caller', async () => {
    assert.deepEqual(await fixed(), ['fixed', 'fixed'])
    assert.deepEqual(await Promise.all([inCaptured(), inCaptured()]), [
      ['captured', 'captured'],
      ['captured', 'captured'],
    ])
    assert.deepEqual(await toAsync(body)(), ['of the caller', 'of the caller'])
    assert.equal(storage.getStore(), 'of the caller')
  })
})

test('a context is a function that calls what it is given at once', () => {
  const code = 'ERR_GT_INVALID_ARGUMENT'
  assert.throws(() => toAsync(() => 1, { context: {} as never }), {
    code,
    message: /^context must/,
  })
  const never = toAsync(() => 1, { context: () => {} })
  assert.throws(() => never(), { code, message: /^context must be a function that calls its/ })
})
