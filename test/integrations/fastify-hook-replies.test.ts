import assert from 'node:assert/strict'
import { Readable, Transform } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import { wait } from 'greenthreads'
import { greenthreads } from 'greenthreads/fastify'

async function build(): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(greenthreads)
  return app
}

test('a hook that replies ends the request, also when onSend waits or the payload is a stream', async () => {
  const app = await build()
  let calls = 0
  app.addHook('onSend', (_request, _reply, payload) => {
    wait(nextTurn())
    return payload
  })
  app.addHook('preHandler', (request, reply) => {
    wait(nextTurn())
    if (request.url === '/text') reply.code(401).send('no')
    if (request.url === '/stream') reply.code(402).send(Readable.from(['n', 'o']))
    if (request.url === '/return') return reply.code(403).send('no')
    return undefined
  })
  app.get('/*', () => {
    calls++
    return 'yes'
  })
  for (const [url, status] of [
    ['/text', 401],
    ['/stream', 402],
    ['/return', 403],
  ] as const) {
    const answer = await app.inject(url)
    assert.equal(answer.statusCode, status)
    assert.equal(answer.body, 'no')
  }
  assert.equal(calls, 0)
  assert.equal((await app.inject('/else')).body, 'yes')
})

test('a hook that calls the not-found handler does not continue to the route', async () => {
  const app = await build()
  let calls = 0
  app.setNotFoundHandler(
    {
      preHandler: () => {
        wait(nextTurn())
      },
    },
    (_request, reply) => {
      wait(nextTurn())
      reply.code(404)
      return 'nothing here'
    },
  )
  app.addHook('preValidation', (request, reply) => {
    wait(nextTurn())
    if (request.url === '/hidden') reply.callNotFound()
  })
  app.get('/hidden', () => {
    calls++
    return 'found'
  })
  for (const url of ['/hidden', '/missing']) {
    const answer = await app.inject(url)
    assert.equal(answer.statusCode, 404)
    assert.equal(answer.body, 'nothing here')
  }
  assert.equal(calls, 0)
})

test('preParsing may replace the payload stream', async () => {
  const app = await build()
  app.addHook('preParsing', (_request, _reply, payload) => {
    wait(nextTurn())
    return payload.pipe(
      new Transform({
        transform(chunk, _encoding, callback) {
          callback(null, String(chunk).toUpperCase())
        },
      }),
    )
  })
  app.post('/', (request) => request.body)
  const answer = await app.inject({
    method: 'POST',
    url: '/',
    payload: 'shout',
    headers: { 'content-type': 'text/plain' },
  })
  assert.equal(answer.body, 'SHOUT')
})

test('content-type parsers wait, with done, as a value and as a promise', async () => {
  const app = await build()
  app.addContentTypeParser('a/done', { parseAs: 'string' }, (_request, body, done) => {
    wait(nextTurn())
    done(null, `done ${body}`)
  })
  app.addContentTypeParser('a/value', { parseAs: 'string' }, ((_request: unknown, body: string) => {
    wait(nextTurn())
    return `value ${body}`
  }) as never)
  app.addContentTypeParser('a/promise', async (_request: unknown, payload: Readable) => {
    return `promise ${await text(payload)}`
  })
  app.addContentTypeParser('a/stream', ((_request: unknown, payload: Readable) => {
    return `stream ${wait(text(payload))}`
  }) as never)
  app.addContentTypeParser('a/error', { parseAs: 'string' }, (() => {
    wait(nextTurn())
    throw Object.assign(new Error('unreadable'), { statusCode: 422 })
  }) as (_request: unknown) => never)
  app.post('/', (request) => request.body)
  const post = (type: string) =>
    app.inject({ method: 'POST', url: '/', payload: 'x', headers: { 'content-type': type } })
  for (const kind of ['done', 'value', 'promise', 'stream']) {
    assert.equal((await post(`a/${kind}`)).body, `${kind} x`)
  }
  assert.equal((await post('a/error')).statusCode, 422)
})
