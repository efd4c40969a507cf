import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { spawn, wait } from 'greenthreads'
import { greenthreads } from 'greenthreads/fastify'
import { openLog, requestIdOf } from '../../src/observability/log.ts'
import { contextFields, followRequests } from '../../src/observability/request-context.ts'

const turn = (): void => void wait(new Promise((resolve) => setImmediate(resolve)))

async function openServer(lines: string[]): Promise<FastifyInstance> {
  const loggerInstance = openLog('info', { write: (line) => lines.push(line) })
  const server = Fastify({ loggerInstance, genReqId: requestIdOf })
  await server.register(greenthreads)
  followRequests(server)
  server.decorateRequest('caller', undefined)
  server.decorateRequest('session', undefined)
  return server
}

describe('the log', () => {
  test('names request and client in every line, also deep in a call tree that has waited', async () => {
    const lines: string[] = []
    const server = await openServer(lines)
    const deep = (depth: number): void => {
      turn()
      if (depth > 0) deep(depth - 1)
      else server.log.warn('deep down')
    }
    server.addHook('onRequest', (request) => {
      turn()
      request.caller = { keyId: 1, client: request.url.slice(1), scopes: [] }
    })
    server.get('/*', () => {
      deep(5)
      spawn(() => deep(1)).join()
      return 'ok'
    })
    const names = Array.from({ length: 20 }, (_, id) => `client-${id}`)
    await Promise.all(
      names.map((name) =>
        server.inject({ url: `/${name}`, headers: { 'x-request-id': `request-of-${name}` } }),
      ),
    )
    const written = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'deep down')
    assert.equal(written.length, 40)
    for (const { requestId, client } of written) assert.equal(requestId, `request-of-${client}`)
    assert.deepEqual(contextFields(), {})
    await server.close()
  })

  test('has nothing in it that belongs to people, wherever it came from', async () => {
    const lines: string[] = []
    const server = await openServer(lines)
    server.get('/:inn', (request) => {
      request.log.warn({ password: 'hunter2', user: { password: 'hunter3' } }, 'of +79161234567')
      throw new Error('duplicate key (inn)=(500100732259), account 40817810099910004312')
    })
    const headers = { authorization: 'Bearer gtk_very_secret_key' }
    await server.inject({ url: '/500100732259?key=gtk_very_secret_key', headers })
    const text = lines.join('')
    for (const secret of ['500100732259', '40817810099910004312', '9161234567', 'gtk_', 'hunter']) {
      assert.ok(!text.includes(secret), `${secret} is in the log:\n${text}`)
    }
    assert.match(text, /\(inn\)=\(\[inn\]\), account \[account\]/)
    assert.match(text, /"route":"\/:inn"/)
    for (const line of lines) assert.equal(typeof JSON.parse(line).time, 'number')
    await server.close()
  })

  test('takes the id of a request from a proxy, if it is one, and says it to the client', async () => {
    const server = await openServer([])
    server.get('/', () => 'ok')
    const given = await server.inject({ url: '/', headers: { 'x-request-id': 'abc-12345' } })
    assert.equal(given.headers['x-request-id'], 'abc-12345')
    for (const strange of ['short', 'with spaces and more', '"}\n', 'x'.repeat(100)]) {
      const made = await server.inject({ url: '/', headers: { 'x-request-id': strange } })
      assert.match(String(made.headers['x-request-id']), /^[0-9a-f-]{36}$/)
    }
    await server.close()
  })
})
