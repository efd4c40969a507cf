import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { Cancelled, current, Pool, spawn, wait } from 'greenthreads'
import { assertNoThreadsLeft, untilParked } from 'greenthreads/testing'
import { deferred, never } from '../core/deferred.ts'

after(() => assertNoThreadsLeft())

test('apply gives the result of a call in the pool, or its error', async () => {
  const pool = new Pool(1)
  const gate = deferred<number>()
  const thread = spawn(() => pool.apply((base: number) => base + wait(gate.promise), 40))
  assert.equal(pool.active, 1)
  gate.resolve(2)
  assert.equal(await thread, 42)
  const broken = spawn(() =>
    pool.apply(() => {
      throw new Error('broken')
    }),
  )
  await assert.rejects(async () => await broken, /broken/)
  assert.equal(pool.active, 0)
})

test('apply takes one place and asks for no other', async () => {
  const pool = new Pool(2, { maxWaiting: 0 })
  const gate = deferred()
  const calls = [1, 2].map((n) => spawn(() => pool.apply(() => wait(gate.promise) ?? n)))
  assert.deepEqual([pool.active, pool.waiting], [2, 0])
  gate.resolve()
  assert.deepEqual(await Promise.all(calls), [1, 2])
  assert.equal(pool.available, 2)
})

test('apply by a thread of the pool itself is a plain call', async () => {
  const pool = new Pool(1)
  const thread = pool.spawn(() => pool.apply(() => [current(), wait(Promise.resolve('inner'))]))
  assert.deepEqual(await thread, [thread, 'inner'])
})

test('one who is cancelled in apply waits for the end of the call', async () => {
  const pool = new Pool(1)
  const log: string[] = []
  const caller = spawn(() =>
    pool.apply(() => {
      try {
        wait(never)
      } catch (error) {
        log.push(((error as Error).cause as Error).message)
        throw error
      }
    }),
  )
  caller.cancel('enough')
  await assert.rejects(async () => await caller, { cause: 'enough' })
  assert.deepEqual(log, [`green thread ${caller.id} was cancelled: enough`])
  assert.equal(caller.state, 'cancelled')
  assert.equal(pool.active, 0)
})

test('applyAsync serves async code', async () => {
  const pool = new Pool(2)
  let most = 0
  const results = await Promise.all(
    [1, 2, 3, 4, 5].map((number) =>
      pool.applyAsync(() => {
        most = Math.max(most, pool.active)
        wait(untilParked())
        return number * 2
      }),
    ),
  )
  assert.deepEqual(results, [2, 4, 6, 8, 10])
  assert.equal(most, 2)
})

test('an aborted signal cancels the call of applyAsync', async () => {
  const pool = new Pool(1)
  const controller = new AbortController()
  const call = pool.applyAsync(() => wait(never), { signal: controller.signal })
  await untilParked()
  assert.equal(pool.active, 1)
  controller.abort(new Error('enough'))
  await assert.rejects(call, Cancelled)
  assert.equal(pool.active, 0)
  await assert.rejects(
    pool.applyAsync(() => assert.fail(), { signal: controller.signal }),
    /enough/,
  )
})

test('connections wait for a place in a full pool, and are served in their order', async () => {
  const pool = new Pool(2)
  const gates: (() => void)[] = []
  const serve = (socket: Socket): void => {
    const gate = deferred()
    gates.push(gate.resolve)
    wait(gate.promise)
    socket.end('served')
  }
  const served: Promise<void>[] = []
  const arrived = [0, 1, 2, 3].map(() => deferred())
  await using server = createServer((socket) => {
    served.push(pool.applyAsync(() => serve(socket)))
    arrived[served.length - 1]?.resolve()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const answers: Promise<string>[] = []
  for (const { promise } of arrived) {
    answers.push(text(connect(port, '127.0.0.1')))
    await promise
  }
  assert.deepEqual([pool.active, pool.waiting, gates.length], [2, 2, 2])
  gates[0]?.()
  assert.equal(await answers[0], 'served')
  await served[0]
  await untilParked()
  assert.deepEqual([pool.active, pool.waiting, gates.length], [2, 1, 3])
  gates[1]?.()
  gates[2]?.()
  await Promise.all(served.slice(1, 3))
  await untilParked()
  gates[3]?.()
  assert.deepEqual(await Promise.all(answers), Array(4).fill('served'))
  await Promise.all(served)
})
