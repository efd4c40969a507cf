import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancelled, GreenThread, scope, shield, spawn, wait } from 'greenthreads'
import { untilParked } from 'greenthreads/testing'
import { never } from './deferred.ts'

test('toPromise gives the result, and its signal cancels the thread', async () => {
  const controller = new AbortController()
  const { signal } = controller
  assert.equal(await spawn(() => 1).toPromise(), 1)
  assert.equal(await spawn(() => wait(Promise.resolve(2))).toPromise({ signal }), 2)
  const log: string[] = []
  const thread = spawn(() => {
    try {
      wait(never)
    } finally {
      shield(() => wait(untilParked()))
      log.push('cleaned up')
    }
  })
  const promise = thread.toPromise({ signal }).catch((error: unknown) => {
    log.push('rejected')
    return error
  })
  controller.abort('shutdown')
  const error = await promise
  assert.ok(error instanceof Cancelled)
  assert.equal(error.cause, 'shutdown')
  assert.deepEqual(log, ['cleaned up', 'rejected'])
})

test('an aborted signal cancels a thread before it starts', async () => {
  let isStarted = false
  const thread = new GreenThread(() => {
    isStarted = true
  })
  const promise = thread.toPromise({ signal: AbortSignal.abort('never mind') })
  await assert.rejects(promise, { code: 'ERR_GT_CANCELLED', cause: 'never mind' })
  assert.equal(thread.state, 'cancelled')
  assert.equal(isStarted, false)
})

test('a signal that aborts after the end changes nothing', async () => {
  const controller = new AbortController()
  const thread = spawn(() => wait(Promise.resolve('done')))
  const promise = thread.toPromise({ signal: controller.signal })
  await thread
  controller.abort()
  assert.equal(await promise, 'done')
  assert.equal(await thread.toPromise({ signal: controller.signal }), 'done')
})

test('toPromise refuses what is no signal', () => {
  assert.throws(() => spawn(() => 1).toPromise({ signal: {} as never }), {
    code: 'ERR_GT_INVALID_ARGUMENT',
    message: /^signal must be an AbortSignal/,
  })
})

test('a thread made from a promise results in what the promise does', async () => {
  assert.equal(await GreenThread.from(Promise.resolve(1)), 1)
  await assert.rejects(async () => await GreenThread.from(Promise.reject(new Error('no'))), /no/)
  // biome-ignore lint/suspicious/noThenProperty: the test is about thenables.
  const thenable = { then: (resolve: (value: string) => void) => resolve('thenable') }
  assert.equal(await GreenThread.from(thenable as PromiseLike<string>), 'thenable')
  const other = spawn(() => wait(Promise.resolve('thread')))
  assert.equal(await GreenThread.from(other), 'thread')
  assert.throws(() => GreenThread.from(1 as never), { code: 'ERR_GT_INVALID_ARGUMENT' })
})

test('killing a thread made from a function aborts its signal, and the other side sees Cancelled', async () => {
  const log: unknown[] = []
  const load = GreenThread.from(async function download(signal) {
    signal.addEventListener('abort', () => log.push((signal.reason as Error).cause))
    return never
  })
  assert.equal(load.name, 'download')
  const joiner = spawn(() => {
    assert.throws(() => load.join(), Cancelled)
    return 'seen'
  })
  load.cancel('killed')
  await assert.rejects(async () => await load, { code: 'ERR_GT_CANCELLED', cause: 'killed' })
  assert.equal(await joiner, 'seen')
  assert.deepEqual(log, ['killed'])
})

test('a function that throws at once fails its thread', async () => {
  const thread = GreenThread.from(() => {
    throw new Error('at once')
  })
  await assert.rejects(async () => await thread, /at once/)
})

test('toPromise starts a thread that has not started, in the scope of the one that calls it', async () => {
  const log: string[] = []
  const owner = spawn(() =>
    scope(() => {
      const promise = new GreenThread(() => {
        log.push('started')
        wait(untilParked())
        log.push('ended')
      }).toPromise()
      promise.then(() => log.push('told'))
      log.push('returned')
    }),
  )
  await owner
  assert.deepEqual(log, ['started', 'returned', 'ended', 'told'])
})

test('with start: false the promise waits for its start, and for its end', async () => {
  const thread = new GreenThread((a: number, b: number) => wait(Promise.resolve(a + b)))
  const promise = thread.toPromise({ start: false })
  await untilParked()
  assert.equal(thread.state, 'pending')
  thread.start(1, 2)
  assert.equal(await promise, 3)
})

test('a thread that can not be started rejects its promise', async () => {
  const owner = spawn(() =>
    scope((s) => {
      s.cancel('enough')
      const thread = new GreenThread(() => 1)
      return shield(() => wait(thread.toPromise().then(undefined, (error: unknown) => [error])))
    }),
  )
  const [error] = (await owner) as unknown[]
  assert.ok(error instanceof Cancelled)
  assert.equal(error.cause, 'enough')
})

test('a cancellation rejects the promise, or resolves it, as it is told', async () => {
  const cancelled = spawn(() => wait(never))
  const failed = spawn(() => wait(Promise.reject(new Error('failed'))))
  const rejected = assert.rejects(cancelled.toPromise(), { code: 'ERR_GT_CANCELLED' })
  const resolved = cancelled.toPromise({ onCancel: 'resolve' })
  cancelled.cancel('late')
  await rejected
  const value = await resolved
  assert.ok((value as unknown) instanceof Cancelled)
  assert.equal((value as unknown as Cancelled).cause, 'late')
  await assert.rejects(failed.toPromise({ onCancel: 'resolve' }), /failed/)
  assert.throws(() => failed.toPromise({ onCancel: 'ignore' as never }), {
    code: 'ERR_GT_INVALID_ARGUMENT',
    message: /^onCancel must be 'reject' or 'resolve', got "ignore"$/,
  })
  failed.cancel()
})
