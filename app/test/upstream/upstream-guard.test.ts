import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { type GreenThread, spawn, toAsync } from 'greenthreads'
import type { GuardConfig } from '../../src/config/protection-config.ts'
import { Upstream, type UpstreamRequest } from '../../src/upstream/upstream.ts'
import { UpstreamUnavailable } from '../../src/upstream/upstream-errors.ts'
import { answer, drop, inTurn, ScriptedServer, until } from '../support/scripted-server.ts'

const breakerOpenMs = 5000
const limitMs = 60_000
const question: UpstreamRequest = { method: 'GET', path: '/question' }
const order: UpstreamRequest = { method: 'POST', path: '/order', body: { amount: 1 } }
const fault = answer({ code: 'broken' }, 500)

describe('calls to an upstream', () => {
  let server: ScriptedServer
  const opened: Upstream[] = []

  beforeEach(async () => {
    server = await ScriptedServer.listen()
  })
  afterEach(async () => {
    mock.timers.reset()
    for (const upstream of opened.splice(0)) await toAsync(() => upstream.close())()
    await server.close()
  })

  function open(guard: Partial<GuardConfig> = {}, connections = 10): Upstream {
    const upstream = new Upstream({
      name: 'bank',
      url: server.url,
      timeoutMs: limitMs,
      connections,
      guard: { maxQueue: 10, breakerCalls: 4, breakerOpenMs, retries: 0, ...guard },
    })
    opened.push(upstream)
    return upstream
  }

  describe('that fails again and again', () => {
    let upstream: Upstream
    let at: number

    beforeEach(async () => {
      at = 1_900_000_000_000
      mock.timers.enable({ apis: ['Date'], now: at })
      upstream = open()
      server.act = fault
      await problem(upstream, order)
      await problem(upstream, order)
    })

    test('are refused at once, with the remaining time', async () => {
      mock.timers.setTime(at + 3500)
      const refusal = await problem(upstream, order)
      assert.equal(refusal.code, 'BANK_RESTING')
      assert.equal(refusal.retryAfterMs, 1500)
      assert.equal(refusal.wasAsked, false)
      assert.equal(server.asked, 2)
      const { breaker } = upstream.snapshot()
      assert.deepEqual(breaker, { isOn: true, state: 'open', opened: 1, refused: 1 })
    })

    test('begin again with one that tries, and its success lets in the others', async () => {
      mock.timers.setTime(at + breakerOpenMs)
      server.act = server.hold
      const tried = upstream.callAsync(question)
      await until(() => server.held.length === 1)
      assert.equal(upstream.snapshot().breaker.state, 'half-open')
      assert.equal((await problem(upstream, question)).code, 'BANK_RESTING')
      assert.equal(server.asked, 3)
      server.act = answer({ ok: true })
      for (const response of server.held) answer({ ok: true })(response.req, response)
      assert.deepEqual(await tried, { ok: true })
      assert.equal(upstream.snapshot().breaker.state, 'closed')
      assert.deepEqual(await upstream.callAsync(question), { ok: true })
    })

    test('stay refused when the one that tries fails', async () => {
      mock.timers.setTime(at + breakerOpenMs)
      assert.equal((await problem(upstream, order)).code, 'BANK_FAILED')
      const refusal = await problem(upstream, order)
      assert.equal(refusal.code, 'BANK_RESTING')
      assert.equal(refusal.retryAfterMs, breakerOpenMs)
    })

    test('stay refused when the one that tries is cancelled', async () => {
      mock.timers.setTime(at + breakerOpenMs)
      server.act = server.hold
      const thread = spawn(() => upstream.call(question))
      await until(() => server.held.length === 1)
      thread.cancel()
      await assert.rejects(thread.toPromise(), { code: 'ERR_GT_CANCELLED' })
      await until(() => upstream.snapshot().breaker.state !== 'half-open')
      assert.equal((await problem(upstream, question)).code, 'BANK_RESTING')
    })

    test('all go through when the breaker is switched off', async () => {
      upstream.switchBreaker(false)
      assert.equal((await problem(upstream, order)).code, 'BANK_FAILED')
      assert.equal(upstream.snapshot().breaker.isOn, false)
    })
  })

  test('that are refused by it, or given up by us, do not count as its failures', async () => {
    const upstream = open()
    server.act = answer({ code: 'no.money' }, 402)
    for (let call = 0; call < 6; call++) {
      await assert.rejects(upstream.callAsync(order), { code: 'BANK_REFUSED', status: 402 })
    }
    server.act = server.hold
    const threads = Array.from({ length: 6 }, () => spawn(() => upstream.call(order)))
    await until(() => server.held.length === 6)
    await cancelAll(threads)
    assert.equal(upstream.snapshot().breaker.state, 'closed')
  })

  test('are tried again only where doing it twice does no harm', async () => {
    const upstream = open({ retries: 2, breakerCalls: 0 })
    server.act = inTurn(drop, fault, answer({ ok: 'third' }))
    assert.deepEqual(await upstream.callAsync(question), { ok: 'third' })
    assert.equal(server.asked, 3)
    assert.equal(upstream.snapshot().retried, 2)

    server.act = inTurn(fault, answer({ ok: 'never' }))
    assert.equal((await problem(upstream, order)).code, 'BANK_FAILED')
    assert.equal(server.asked, 4)

    server.act = inTurn(drop, answer({ ok: 'twice' }))
    const repeatable = { ...order, isIdempotent: true }
    assert.deepEqual(await upstream.callAsync(repeatable), { ok: 'twice' })
  })

  test('are not tried again when it refused, or named a time to come again', async () => {
    const upstream = open({ retries: 2, breakerCalls: 0 })
    server.act = answer({}, 404)
    await assert.rejects(upstream.callAsync(question), { code: 'BANK_REFUSED' })
    server.act = (_request, response) => response.writeHead(503, { 'retry-after': '7' }).end()
    const failure = await problem(upstream, question)
    assert.equal(failure.retryAfterMs, 7000)
    assert.equal(server.asked, 2)
  })

  test('have one limit of time for all tries together', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    const upstream = open({ retries: 10, breakerCalls: 0 })
    server.act = inTurn(fault, server.hold)
    const failing = problem(upstream, question)
    let passedMs = 0
    await until(() => {
      if (server.asked === 2) return true
      mock.timers.tick(1)
      passedMs++
      return false
    })
    mock.timers.tick(limitMs - passedMs)
    assert.equal((await failing).code, 'BANK_TIMEOUT')
    assert.equal(server.asked, 2)
  })

  test('wait for a connection in a queue, which has an end', async () => {
    const upstream = open({ maxQueue: 1 }, 2)
    server.act = server.hold
    const first = [1, 2, 3].map(() => upstream.callAsync(order))
    await until(() => server.held.length === 2)
    const refusal = await problem(upstream, order)
    assert.equal(refusal.code, 'BANK_BUSY')
    assert.match(refusal.message, /2 calls are under way and 1 wait/)
    const { running, queued, refused } = upstream.snapshot()
    assert.deepEqual({ running, queued, refused }, { running: 2, queued: 1, refused: 1 })
    server.act = answer({ ok: true })
    for (const response of server.held) answer({ ok: true })(response.req, response)
    assert.deepEqual(await Promise.all(first), [{ ok: true }, { ok: true }, { ok: true }])
    assert.equal(server.asked, 3)
    assert.equal(upstream.snapshot().running, 0)
  })

  test('that are cancelled give back their connections and their places in the queue', async () => {
    const upstream = open({ maxQueue: 5 }, 2)
    server.act = server.hold
    const threads = Array.from({ length: 7 }, () => spawn(() => upstream.call(order)))
    await until(() => server.held.length === 2 && upstream.snapshot().queued === 5)
    await cancelAll(threads)
    await until(() => upstream.snapshot().running === 0)
    assert.equal(upstream.snapshot().queued, 0)
    server.act = answer({ ok: true })
    assert.deepEqual(await upstream.callAsync(order), { ok: true })
    assert.equal(server.asked, 3, 'those in the queue never asked')
  })
})

async function problem(upstream: Upstream, request: UpstreamRequest): Promise<UpstreamUnavailable> {
  try {
    await toAsync(() => upstream.call(request))()
  } catch (error) {
    assert.ok(error instanceof UpstreamUnavailable, String(error))
    return error
  }
  return assert.fail('the call succeeded')
}

async function cancelAll(threads: readonly GreenThread<unknown>[]): Promise<void> {
  for (const thread of threads) {
    thread.cancel()
    await assert.rejects(thread.toPromise(), { code: 'ERR_GT_CANCELLED' })
  }
}
