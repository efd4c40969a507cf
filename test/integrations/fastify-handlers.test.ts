import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { wait } from 'greenthreads'
import { greenthreads } from 'greenthreads/fastify'

async function build(): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(greenthreads)
  return app
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown

/** Each way to answer, before and after a wait, must give what plain Fastify gives. */
const styles: Record<string, Handler> = {
  'a returned object': () => ({ answer: 42 }),
  'a returned string': () => 'answer',
  'a returned Buffer': () => Buffer.from('answer'),
  'a returned null': () => null,
  'a returned stream': () => Readable.from(['ans', 'wer']),
  'reply.send': (_request, reply) => {
    reply.code(201).send('answer')
  },
  'return reply.send': (_request, reply) => reply.code(201).send({ answer: 42 }),
  'reply.send of a stream': (_request, reply) => {
    reply.send(Readable.from(['ans', 'wer']))
  },
  'reply.send later': (_request, reply) => {
    setImmediate(() => reply.send('answer'))
  },
  'return reply, sent later': (_request, reply) => {
    setImmediate(() => reply.send('answer'))
    return reply
  },
  'an async function': async () => {
    await nextTurn()
    return { answer: 42 }
  },
  'an async function that sends': async (_request, reply) => {
    await nextTurn()
    return reply.code(202).send('answer')
  },
  'a Response': () => new Response('answer', { status: 203, headers: { 'x-made-by': 'Response' } }),
  'a hijacked reply': (_request, reply) => {
    reply.hijack()
    reply.raw.end('answer')
  },
  'a thrown error': () => {
    throw Object.assign(new Error('gone'), { statusCode: 410 })
  },
  'a thrown non-error': () => {
    throw { statusCode: 409, message: 'conflict' }
  },
  'reply.send of an error': (_request, reply) => {
    reply.send(Object.assign(new Error('teapot'), { statusCode: 418 }))
  },
  'a rejected promise': async () => {
    await nextTurn()
    throw new Error('broken')
  },
  'a redirect': (_request, reply) => reply.redirect('/elsewhere'),
  callNotFound: (_request, reply) => {
    reply.callNotFound()
  },
  'a status without a body': (_request, reply) => {
    reply.code(204).send()
  },
}

for (const [style, handler] of Object.entries(styles)) {
  test(`a handler answers by ${style} as in plain Fastify, whether or not it waits first`, async () => {
    const plain = Fastify()
    plain.get('/', handler)
    const app = await build()
    app.get('/', handler)
    const waiting = await build()
    waiting.get('/', (request, reply) => {
      wait(nextTurn())
      return handler(request, reply)
    })
    const expected = await answerOf(plain)
    assert.deepEqual(await answerOf(app), expected)
    assert.deepEqual(await answerOf(waiting), expected)
  })
}

async function answerOf(app: FastifyInstance) {
  const { statusCode, headers, body } = await app.inject('/')
  const { date: _date, ...others } = headers
  return { statusCode, body, headers: others }
}

test('errors reach the error handlers, which may wait and return', async () => {
  const app = await build()
  app.setErrorHandler((error: Error, _request, reply) => {
    wait(nextTurn())
    reply.code(503)
    return { handled: error.message }
  })
  app.get('/', () => {
    wait(nextTurn())
    throw new Error('no upstream')
  })
  app.get(
    '/own',
    {
      errorHandler: (error, _request, reply) => {
        wait(nextTurn())
        reply.code(504).send(`own: ${error.message}`)
      },
    },
    () => {
      throw new Error('too slow')
    },
  )
  app.get(
    '/rethrown',
    {
      errorHandler: () => {
        wait(nextTurn())
        throw new Error('second')
      },
    },
    () => {
      throw new Error('first')
    },
  )
  const answer = await app.inject('/')
  assert.equal(answer.statusCode, 503)
  assert.deepEqual(answer.json(), { handled: 'no upstream' })
  const own = await app.inject('/own')
  assert.equal(own.statusCode, 504)
  assert.equal(own.body, 'own: too slow')
  assert.deepEqual((await app.inject('/rethrown')).json(), { handled: 'second' })
})

test('an error in a hook of any stage becomes the answer', async () => {
  const stages = [
    'onRequest',
    'preParsing',
    'preValidation',
    'preHandler',
    'preSerialization',
    'onSend',
  ]
  for (const stage of stages) {
    const app = await build()
    const errors: string[] = []
    app.addHook('onError', (_request, _reply, error) => {
      wait(nextTurn())
      errors.push(error.message)
    })
    app.addHook(stage as 'onRequest', () => {
      wait(nextTurn())
      if (errors.length === 0) throw Object.assign(new Error(stage), { statusCode: 409 })
    })
    app.get('/', () => ({}))
    const answer = await app.inject('/')
    assert.equal(answer.statusCode, 409, stage)
    assert.equal(answer.json().message, stage)
    assert.deepEqual(errors, [stage])
  }
})

test('validation, serialization and decorators are untouched', async () => {
  const app = await build()
  app.decorateRequest('user', '')
  app.decorateReply('shout', function (this: FastifyReply, text: string) {
    return this.send(text.toUpperCase())
  })
  app.addHook('preHandler', (request) => {
    wait(nextTurn())
    Object.assign(request, { user: 'ada' })
  })
  app.post(
    '/',
    {
      schema: {
        body: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } },
        response: { 200: { type: 'object', properties: { n: { type: 'string' } } } },
      },
    },
    (request) => {
      wait(nextTurn())
      return { ...(request.body as object), secret: 1 }
    },
  )
  app.get('/shout', (request, reply) => {
    wait(nextTurn())
    const { shout } = reply as unknown as { shout: (text: string) => unknown }
    return shout.call(reply, (request as unknown as { user: string }).user)
  })
  assert.equal((await app.inject({ method: 'POST', url: '/', payload: {} })).statusCode, 400)
  const answer = await app.inject({ method: 'POST', url: '/', payload: { n: '7' } })
  assert.equal(answer.body, '{"n":"7"}')
  assert.equal((await app.inject('/shout')).body, 'ADA')
})

test('HEAD routes that Fastify adds are green as well', async () => {
  const app = await build()
  app.get('/', () => {
    wait(nextTurn())
    return 'four'
  })
  const answer = await app.inject({ method: 'HEAD', url: '/' })
  assert.equal(answer.headers['content-length'], '4')
  assert.equal(answer.body, '')
})

test('200 concurrent requests on real sockets wait together and keep their contexts', async () => {
  const app = await build()
  const storage = new AsyncLocalStorage<string>()
  let waiting = 0
  let release = (): void => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  app.addHook('onRequest', (request, _reply, done) => storage.run(request.url, done))
  app.get('/:id', (request) => {
    if (++waiting === 200) release()
    wait(released)
    wait(nextTurn())
    return { url: request.url, stored: storage.getStore() }
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  try {
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => (await fetch(`${url}/${i}`)).json()),
    )
    assert.deepEqual(
      answers,
      Array.from({ length: 200 }, (_, i) => ({ url: `/${i}`, stored: `/${i}` })),
    )
  } finally {
    await app.close()
  }
})

test('onTimeout runs in a green thread', async () => {
  const app = await build()
  let finish = (): void => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  app.addHook('onTimeout', (request) => {
    wait(nextTurn())
    assert.equal(request.url, '/slow')
    finish()
  })
  // Keeps the server from closing the connection itself.
  app.server.on('timeout', () => {})
  app.get('/slow', (request) => {
    request.raw.socket.emit('timeout')
    wait(finished)
    return 'timed out'
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  try {
    assert.equal(await (await fetch(`${url}/slow`)).text(), 'timed out')
  } finally {
    await app.close()
  }
})

test('a large stream reaches a slow client whole', async () => {
  const app = await build()
  const chunk = Buffer.alloc(64 * 1024, 'x')
  app.get('/', () => {
    wait(nextTurn())
    return Readable.from(Array.from({ length: 64 }, () => chunk))
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  try {
    const { body } = await fetch(url)
    assert.ok(body)
    let received = 0
    for await (const part of body) {
      received += part.length
      await nextTurn()
    }
    assert.equal(received, 64 * chunk.length)
  } finally {
    await app.close()
  }
})
