import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { Cancelled, current, spawn, synced, wait } from 'greenthreads'
import * as undici from 'undici'
import { type Deferred, deferred } from '../core/deferred.ts'

const http = synced(undici)
let requested: Deferred<ServerResponse> = deferred()
let address = ''

const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  if (request.url === '/never') {
    requested.resolve(response)
    return
  }
  response.setHeader('content-type', 'application/json')
  if (request.url === '/missing') response.statusCode = 404
  if (request.method === 'POST') request.pipe(response)
  else response.end(JSON.stringify({ url: request.url }))
})

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

after(async () => {
  await undici.getGlobalDispatcher().close()
  server.closeAllConnections()
  server.close()
})

test('request and its body wait', async () => {
  const thread = spawn(() => {
    const { statusCode, headers, body } = http.request(`${address}/a`)
    return [statusCode, headers['content-type'], body.json()]
  })
  assert.deepEqual(await thread, [200, 'application/json', { url: '/a' }])
})

test('fetch and its response wait', async () => {
  const thread = spawn(() => {
    const response = http.fetch(`${address}/missing`)
    return [response.status, response.ok, response.headers.get('content-type'), response.json()]
  })
  assert.deepEqual(await thread, [404, false, 'application/json', { url: '/missing' }])
})

test('a body is sent', async () => {
  const thread = spawn(() => http.fetch(address, { method: 'POST', body: 'echo' }).text())
  assert.equal(await thread, 'echo')
})

test('a pool is a facade as well', async () => {
  const pool = new undici.Pool(address)
  try {
    const client = synced(pool)
    const threads = ['/1', '/2', '/3'].map((path) =>
      spawn(() => client.request({ path, method: 'GET' }).body.json()),
    )
    assert.deepEqual(await Promise.all(threads), [{ url: '/1' }, { url: '/2' }, { url: '/3' }])
  } finally {
    await pool.close()
  }
})

const loads: Record<string, (url: string) => unknown> = {
  fetch: (url) => http.fetch(url, { signal: current()?.signal as AbortSignal }),
  request: (url) => wait(undici.request(url, { signal: current()?.signal })),
}

for (const [name, load] of Object.entries(loads)) {
  test(`a cancelled ${name} is aborted`, async () => {
    requested = deferred()
    const thread = spawn(load, `${address}/never`)
    const response = await requested.promise
    const closed = once(response, 'close')
    thread.cancel('not needed')
    await assert.rejects(async () => await thread, Cancelled)
    await closed
    assert.equal(response.writableFinished, false)
  })
}
