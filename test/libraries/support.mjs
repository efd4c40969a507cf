import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { text } from 'node:stream/consumers'
import { after } from 'node:test'
import { Barrier } from 'greenthreads'

/** How many requests, messages or calls are under way at once. */
export const load = 50

/**
 * A place in the middle of a handler where all callers meet: nobody goes on before the last has come. A
 * handler that blocked the event loop there, or was served one at a time, would never come out.
 */
export function meeting(parties = load) {
  const barrier = new Barrier(parties)
  return () => barrier.wait()
}

/** Starts a server on a free port and closes it after the tests; the base URL. */
export async function listening(server) {
  if (!server.listening) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  after(() => {
    server.close()
    server.closeAllConnections?.()
  })
  return `http://127.0.0.1:${server.address().port}`
}

export async function get(url, headers = {}) {
  const outgoing = http.request(url, { headers, agent: false })
  outgoing.end()
  const [incoming] = await once(outgoing, 'response')
  return { status: incoming.statusCode, body: await text(incoming) }
}

/** Everyone asks at once, each with a number of its own, and gets the answer to its own question. */
export async function assertEachGetsItsOwn(url, { parties = load, rounds = 3 } = {}) {
  for (let round = 0; round < rounds; round++) {
    const numbers = Array.from({ length: parties }, (_, index) => round * parties + index)
    const answers = await Promise.all(numbers.map((number) => get(`${url}/orders/${number}`)))
    assert.deepEqual(
      answers,
      numbers.map((number) => ({ status: 200, body: `order ${number} of ${number}` })),
    )
  }
}
