import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancelled, spawn, toAsync, toSync, wait, yieldNow } from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { untilParked } from 'greenthreads/testing'
import { deferred } from './deferred.ts'

test('serial calls run one at a time, in the order of the calls', async () => {
  const log: string[] = []
  const job = toAsync(
    (n: number) => {
      log.push(`start ${n}`)
      yieldNow()
      log.push(`end ${n}`)
      return n
    },
    { serial: true },
  )
  assert.deepEqual(await Promise.all([job(1), job(2), job(3)]), [1, 2, 3])
  assert.deepEqual(log, ['start 1', 'end 1', 'start 2', 'end 2', 'start 3', 'end 3'])
})

test('a serial call that fails, at once or later, lets the next one pass', async () => {
  const job = toAsync(
    (n: number) => {
      if (n === 1) throw new Error('early')
      yieldNow()
      if (n === 2) throw new Error('late')
      return n
    },
    { serial: true },
  )
  const results = await Promise.allSettled([job(1), job(2), job(3)])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected', 'fulfilled'],
  )
})

test('serial functions that are given the same object share one line, others do not', async () => {
  const key = {}
  const gate = deferred()
  const log: string[] = []
  const first = toAsync(() => wait(gate.promise), { serial: key })
  const second = toAsync(() => log.push('second'), { serial: key })
  const other = toAsync(() => log.push('other'), { serial: {} })
  const calls = [first(), second(), other()]
  await untilParked()
  assert.deepEqual(log, ['other'])
  gate.resolve()
  await Promise.all(calls)
  assert.deepEqual(log, ['other', 'second'])
})

test('a serial line can be entered again from within, also through async code', async () => {
  const key = {}
  const depthOf = toAsync(
    (depth: number): number => {
      if (depth === 0) return 0
      const nested = toSync(async () => {
        await null
        return depthOf(depth - 1)
      })
      return nested() + 1
    },
    { serial: key },
  )
  assert.deepEqual(await Promise.all([depthOf(5), depthOf(3)]), [5, 3])
})

test('a serial line can be entered again directly', async () => {
  const depthOf = toAsync(
    (depth: number): number => (depth === 0 ? 0 : wait(depthOf(depth - 1)) + 1),
    {
      serial: true,
    },
  ) as (depth: number) => Promise<number>
  assert.deepEqual(await Promise.all([depthOf(5), depthOf(3)]), [5, 3])
})

test('a serial call can start the next one for ever, in a line that others use', async () => {
  const log: string[] = []
  let rounds = 0
  const beat = toAsync(
    () => {
      log.push('beat')
      if (++rounds < 20) setImmediate(() => void beat())
    },
    { serial: log },
  ) as () => Promise<void>
  const other = toAsync(() => log.push('other'), { serial: log })
  await beat()
  while (rounds < 20) {
    await other()
    await untilParked()
  }
  assert.equal(log.filter((entry) => entry === 'beat').length, 20)
})

test('calls within a serial call are serial among themselves', async () => {
  const log: string[] = []
  const key = {}
  const inner = toAsync(
    (n: number) => {
      log.push(`start ${n}`)
      yieldNow()
      log.push(`end ${n}`)
    },
    { serial: key },
  )
  const outer = toAsync(() => toSync(() => Promise.all([inner(1), inner(2)]))(), { serial: key })
  await outer()
  assert.deepEqual(log, ['start 1', 'end 1', 'start 2', 'end 2'])
})

test('the next serial call waits for calls that the one before started and left', async () => {
  const log: string[] = []
  const gate = deferred()
  const key = {}
  const inner = toAsync(
    () => {
      wait(gate.promise)
      log.push('left behind')
    },
    { serial: key },
  )
  const outer = toAsync(() => void inner(), { serial: key })
  const next = toAsync(() => log.push('next'), { serial: key })
  await outer()
  const done = next()
  await untilParked()
  assert.deepEqual(log, [])
  gate.resolve()
  await done
  assert.deepEqual(log, ['left behind', 'next'])
})

test('code that outlives a serial call belongs to its line no longer', async () => {
  const log: string[] = []
  const key = {}
  const gate = deferred()
  const job = toAsync((text: string) => log.push(text), { serial: key })
  const hold = toAsync(() => wait(gate.promise), { serial: key })
  let late: Promise<unknown> = Promise.resolve()
  const start = toAsync(
    () => {
      late = untilParked().then(() => job('late'))
    },
    { serial: key },
  )
  await start()
  const holding = hold()
  await untilParked()
  await untilParked()
  assert.deepEqual(log, [])
  gate.resolve()
  await Promise.all([holding, late])
  assert.deepEqual(log, ['late'])
})

test('serial has to be a boolean or an object', () => {
  assert.throws(() => toAsync(() => {}, { serial: 'key' as never }), {
    code: 'ERR_GT_INVALID_ARGUMENT',
    message: /^serial must be a boolean, or an object that functions share, got "key"/,
  })
})

test('a serial call is cancelled in the line, and the line goes on', async () => {
  const gate = deferred()
  const log: number[] = []
  const job = toAsync(
    (n: number) => {
      log.push(n)
      wait(gate.promise)
    },
    { serial: true },
  )
  const first = job(1)
  const second = spawn(toSync(async () => job(2)))
  const third = job(3)
  await untilParked()
  second.cancel()
  await assert.rejects(async () => await second, Cancelled)
  gate.resolve()
  await Promise.all([first, third])
  assert.deepEqual(log, [1, 3])
})

test('a serial call that is cancelled when it has got its turn does not run', async () => {
  const log: number[] = []
  const job = toAsync(
    (n: number) => {
      log.push(n)
      if (n !== 1) return
      wait(untilParked())
      const [second] = suspendedThreads().sort((a, b) => a.id - b.id)
      // Runs between the end of this call and the start of the next.
      queueMicrotask(() => second?.cancel('too late'))
    },
    { serial: true },
  )
  const results = await Promise.allSettled([job(1), job(2), job(3)])
  assert.deepEqual(log, [1, 3])
  assert.equal(results[1]?.status === 'rejected' && results[1].reason.cause, 'too late')
})
