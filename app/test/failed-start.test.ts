import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { anyPorts, Program, servicePath } from './support/program.ts'
import { ServiceFixture } from './support/service-fixture.ts'

describe('a service that can not start', () => {
  test('says which port is taken, and does not move from one that was chosen', async () => {
    const other = await listening(0)
    const { port } = other.address() as AddressInfo
    const service = await failed({ PORT: String(port) })
    assert.match(
      service.errors,
      new RegExp(`^Port ${port}, on which the service was told to listen`),
    )
    other.close()
  })

  test('says which port of the simulators is taken, even when others listen already', async () => {
    const { free, taken, other } = await freeAndTaken()
    const service = await failed({ SIMULATOR_PORT: String(free) })
    assert.match(service.errors, new RegExp(`^Port ${taken}, on which the simulator \\(bank\\)`))
    assert.match(service.errors, /The simulators ended before they listened \(exit code 1\)/)
    other.close()
  })

  test('says why it can not listen at an address', async () => {
    const service = await failed({ HOST: '192.0.2.1' })
    assert.match(service.errors, /^The service can't listen: .*EADDRNOTAVAIL.*192\.0\.2\.1/)
  })

  for (const [name, value, message] of [
    ['TAX_TIMEOUT_MS', 'soon', /^TAX_TIMEOUT_MS must be a whole number .* "soon"\.\n$/],
    ['TRUSTED_PROXIES', '10.0.0.1,nobody', /^TRUSTED_PROXIES must be a list .* "nobody"\.\n$/],
    ['DATABASE_URL', 'user:secret@host', /^DATABASE_URL must be an address .*payments\.\n$/],
    ['REDIS_URL', 'http://127.0.0.1', /^REDIS_URL must be an address .*\n$/],
    ['TLS_CA_FILE', '/no/such/file', /^TLS_CA_FILE names \/no\/such\/file, .*ENOENT.*\n$/],
  ] as const) {
    test(`refuses a setting that makes no sense in one sentence: ${name}`, async () => {
      assert.match((await failed({ [name]: value })).errors, message)
    })
  }

  test('says which database it could not reach, and what to do', async () => {
    const databaseUrl = 'postgres://somebody:secret@127.0.0.1:1/payments'
    const { errors } = await failed({ DATABASE_URL: databaseUrl })
    assert.match(errors, /^The PostgreSQL at 127.0.0.1:1\/payments can't be used: .*ECONNREFUSED/)
    assert.match(errors, /Check DATABASE_URL/)
    assert.doesNotMatch(errors, /secret/)
  })

  test('gives up a database that takes connections and says nothing', async () => {
    const silent = await listening(0)
    const { port } = silent.address() as AddressInfo
    const { errors } = await failed({ DATABASE_URL: `postgres://127.0.0.1:${port}/payments` })
    assert.match(errors, /can't be used: .*timeout/)
    silent.close()
  })

  test('says which folder it could not keep the database in', async () => {
    const { errors } = await failed({ DATABASE_DIR: '/dev/null/database' })
    assert.match(errors, /^The embedded database in \/dev\/null\/database can't be used: .*ENOTDIR/)
  })

  test('lets go of its threads, of Redis and of the database when a later part fails', async () => {
    const redis = await listening(0)
    const connections: Socket[] = []
    redis.on('connection', (socket) => connections.push(socket.resume()))
    const { port } = redis.address() as AddressInfo
    // Past the settings, which would have refused it: the server is built when everything else is open.
    const protection = { redisUrl: `redis://127.0.0.1:${port}`, trustedProxies: ['nobody'] }
    await assert.rejects(ServiceFixture.open({ mode: 'threads', protection }), /invalid IP address/)
    // Waits for the end of each connection: a process with one of them left would not end.
    redis.close()
    await once(redis, 'close')
    assert.ok(connections.every(({ destroyed }) => destroyed))
  })
})

test('Redis is not needed to start: without it the service says so and answers', async () => {
  const service = new Program(servicePath, [], { ...anyPorts, REDIS_URL: 'redis://127.0.0.1:1' })
  const text = await service.printed(/Ctrl-C stops everything/)
  const url = /service +(http:\S+)/.exec(text)?.[1]
  assert.equal((await fetch(`${url}/health`)).status, 200)
  assert.deepEqual(await service.stop('SIGTERM'), { code: 0, signal: null })
  assert.match(service.errors, /Redis can't be used: connect ECONNREFUSED 127\.0\.0\.1:1/)
})

/** A service that has ended because of these settings. */
async function failed(env: Readonly<Record<string, string>>): Promise<Program> {
  const service = new Program(servicePath, [], { ...anyPorts, ...env })
  assert.deepEqual(await service.ended, { code: 1, signal: null })
  return service
}

async function listening(port: number): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => undefined))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** A port that is taken, next to one that is free. */
async function freeAndTaken(): Promise<{ free: number; taken: number; other: Server }> {
  for (;;) {
    const other = await listening(0)
    const { port: taken } = other.address() as AddressInfo
    try {
      const probe = await listening(taken - 1)
      probe.close()
      await once(probe, 'close')
      return { free: taken - 1, taken, other }
    } catch (error) {
      // Somebody else has the port before it: another pair.
      assert.equal((error as NodeJS.ErrnoException).code, 'EADDRINUSE')
      other.close()
    }
  }
}
