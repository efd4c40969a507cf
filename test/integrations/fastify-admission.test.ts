import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { AdmissionRefusedError, Event, shield, wait } from 'greenthreads'
import { Admission, type AdmissionOptions, greenthreads } from 'greenthreads/fastify'

async function open(
  options: AdmissionOptions,
  declare: (app: FastifyInstance) => void,
): Promise<{ app: FastifyInstance; admission: Admission }> {
  const app = Fastify()
  const admission = new Admission(options)
  await app.register(greenthreads, { admission })
  declare(app)
  await app.ready()
  return { app, admission }
}

/** Until the condition holds: each turn of the event loop brings it nearer. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

test('a popular slow route is refused, and the front stays served', async () => {
  const slow = new Event()
  const { app, admission } = await open({ maxConcurrent: 4, maxQueue: 2 }, (app) => {
    app.get('/status/:inn', () => {
      slow.wait()
      return 'status'
    })
    app.get('/front', () => 'front')
  })
  const crowd = Array.from({ length: 5 }, (_, id) => app.inject(`/status/${id}`))
  await until(() => admission.snapshot().routes[0]?.refused['queue-full'] === 2)
  assert.equal(admission.snapshot().routes[0]?.route, 'GET /status/:inn')
  const front = await Promise.all([1, 2, 3].map(() => app.inject('/front')))
  assert.deepEqual(
    front.map(({ body }) => body),
    ['front', 'front', 'front'],
  )
  slow.set()
  const answers = await Promise.all(crowd)
  assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [200, 200, 200, 429, 429])
  const refused = answers.find(({ statusCode }) => statusCode === 429)
  assert.equal(refused?.headers['retry-after'], '1')
  assert.equal(refused.json().code, 'ERR_GT_ADMISSION_REFUSED')
  await until(() => admission.snapshot().running === 0)
  await app.close()
})

test('a refusal comes before the hooks, and reaches the error handler', async () => {
  const hold = new Event()
  const begun: string[] = []
  const { app, admission } = await open({ maxConcurrent: 1, maxQueue: 0 }, (app) => {
    app.addHook('onRequest', (request) => {
      begun.push(request.url)
    })
    app.setErrorHandler((error, _request, reply) => {
      assert.ok(error instanceof AdmissionRefusedError)
      reply.code(503)
      return { own: error.reason }
    })
    app.get('/*', () => {
      hold.wait()
      return 'ok'
    })
  })
  const served = app.inject('/first')
  await until(() => admission.snapshot().running === 1)
  const refused = await app.inject('/second')
  assert.equal(refused.statusCode, 503)
  assert.deepEqual(refused.json(), { own: 'queue-full' })
  assert.equal(refused.headers['retry-after'], '1')
  hold.set()
  assert.equal((await served).body, 'ok')
  assert.deepEqual(begun, ['/first'])
  await app.close()
})

test('a route with `admission: false` is served at any time', async () => {
  const hold = new Event()
  const { app, admission } = await open({ maxConcurrent: 1, maxQueue: 0 }, (app) => {
    app.get('/busy', () => {
      hold.wait()
      return 'ok'
    })
    app.get('/health', { config: { admission: false } }, () => 'well')
  })
  const busy = app.inject('/busy')
  await until(() => admission.snapshot().running === 1)
  assert.equal((await app.inject('/health')).body, 'well')
  assert.equal((await app.inject('/nowhere')).statusCode, 429)
  hold.set()
  await busy
  await until(() => admission.snapshot().running === 0)
  assert.equal((await app.inject('/nowhere')).statusCode, 404)
  assert.deepEqual(
    admission.snapshot().routes.map(({ route }) => route),
    ['GET /busy', 'unknown'],
  )
  await app.close()
})

test('a request counts until its response is complete and its green threads have ended', async () => {
  const finish = new Event()
  const { app, admission } = await open({ maxConcurrent: 1 }, (app) => {
    app.get('/early', (_request, reply) => {
      reply.send('early')
      finish.wait()
    })
    app.addHook('onResponse', () => wait(Promise.resolve()))
  })
  assert.equal((await app.inject('/early')).body, 'early')
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(admission.snapshot().running, 1)
  finish.set()
  await until(() => admission.snapshot().running === 0)
  await app.close()
})

test('clients that go away give back their places, those in the queue too', async () => {
  const cleanedUp = new Event()
  let unwound = 0
  const { app, admission } = await open({ maxConcurrent: 1, perRouteShare: 1 }, (app) => {
    app.get('/', () => {
      try {
        wait(new Promise(() => undefined))
      } finally {
        shield(() => cleanedUp.wait())
        unwound++
      }
    })
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const come = (): ReturnType<typeof connect> => {
    const socket = connect(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    return socket
  }
  const served = come()
  await until(() => admission.snapshot().running === 1)
  const waiting = come()
  await until(() => admission.snapshot().queued === 1)
  waiting.destroy()
  await until(() => admission.snapshot().queued === 0)
  const next = come()
  await until(() => admission.snapshot().queued === 1)
  served.destroy()
  // Cancelled, but not unwound: the clean-up still takes its place.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(admission.snapshot().queued, 1)
  cleanedUp.set()
  await until(() => unwound === 1 && admission.snapshot().queued === 0)
  assert.equal(admission.snapshot().running, 1)
  next.destroy()
  await until(() => unwound === 2 && admission.snapshot().running === 0)
  assert.deepEqual(admission.snapshot().routes[0]?.abandoned, 1)
  await app.close()
})

test('after a thousand requests of every kind no place is lost', async () => {
  const { app, admission } = await open({ maxConcurrent: 20, maxQueue: 500 }, (app) => {
    app.get('/sync', () => 'ok')
    app.get('/wait', () => wait(new Promise((resolve) => setImmediate(resolve, 'ok'))))
    app.get('/async', async () => 'ok')
    app.get('/throw', () => {
      throw new Error('on purpose')
    })
  })
  const routes = ['sync', 'wait', 'async', 'throw', 'nowhere']
  const urls = Array.from({ length: 1000 }, (_, index) => `/${routes[index % routes.length]}`)
  await Promise.all(urls.map((url) => app.inject(url)))
  await until(() => admission.snapshot().running === 0)
  assert.equal(admission.snapshot().queued, 0)
  await app.close()
})
