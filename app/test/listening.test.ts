import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { describe, test } from 'node:test'
import { listenOnFreePort, PortTakenError } from '../src/listening.ts'

describe('listening on a port', () => {
  test('moves from a default that is taken to the next free port, and says so', async () => {
    const taken = [5000, 5001]
    const { tried, said } = await attempt({ port: 5000, isPortChosen: false, taken })
    assert.deepEqual(tried, [5000, 5001, 5002])
    assert.deepEqual(said, [
      'Port 5000 is taken; the service tries another one.',
      'Port 5001 is taken; the service tries another one.',
    ])
  })

  test('takes any free port when all those next to the default are taken', async () => {
    const taken = Array.from({ length: 20 }, (_, index) => 5000 + index)
    const { tried } = await attempt({ port: 5000, isPortChosen: false, taken })
    assert.equal(tried.at(-1), 0)
  })

  test('does not move from a port that somebody chose', async () => {
    const attempted = attempt({ port: 5000, isPortChosen: true, taken: [5000] })
    await assert.rejects(attempted, PortTakenError)
  })

  test('passes on every other error', async () => {
    const refused = new Error('no such address')
    const attempted = listenOnFreePort({
      name: 'service',
      port: 5000,
      isPortChosen: false,
      listen: () => Promise.reject(refused),
      say: assert.fail,
    })
    await assert.rejects(attempted, refused)
  })

  test('recognises a port that is taken in earnest', async () => {
    const first = await listening(createServer(), 0)
    const { port } = first.address() as { port: number }
    const second = createServer()
    const attempted = listenOnFreePort({
      name: 'service',
      port,
      isPortChosen: true,
      listen: (candidate) => listening(second, candidate),
      say: assert.fail,
    })
    await assert.rejects(attempted, new RegExp(`Port ${port}.*is taken`))
    first.close()
  })
})

async function attempt(options: {
  port: number
  isPortChosen: boolean
  taken: readonly number[]
}): Promise<{ tried: number[]; said: string[] }> {
  const tried: number[] = []
  const said: string[] = []
  await listenOnFreePort({
    ...options,
    name: 'service',
    say: (message) => said.push(message),
    async listen(port) {
      tried.push(port)
      if (options.taken.includes(port)) throw Object.assign(new Error(), { code: 'EADDRINUSE' })
    },
  })
  return { tried, said }
}

async function listening(server: Server, port: number): Promise<Server> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
