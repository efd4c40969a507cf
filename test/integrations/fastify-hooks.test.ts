import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import { current, wait } from 'greenthreads'
import { greenthreads } from 'greenthreads/fastify'

async function build(): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(greenthreads)
  return app
}

const throughout = [
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
  'handler',
  'preSerialization',
  'onSend',
  'onResponse',
]

test('every hook and the handler wait in green threads, in the order of plain Fastify', async () => {
  const app = await build()
  const trace: string[] = []
  let responded = (): void => {}
  const response = new Promise<void>((resolve) => {
    responded = resolve
  })
  const pause = (stage: string): void => {
    assert.ok(current(), `${stage} runs in a green thread`)
    wait(nextTurn())
    trace.push(stage)
  }
  app.addHook('onRequest', () => pause('onRequest'))
  app.addHook('preParsing', (_request, _reply, payload) => {
    pause('preParsing')
    return payload
  })
  app.addHook('preValidation', () => pause('preValidation'))
  app.addHook('preHandler', () => pause('preHandler'))
  app.addHook('preSerialization', (_request, _reply, payload) => {
    pause('preSerialization')
    return { ...(payload as object), serialized: true }
  })
  app.addHook('onSend', (_request, _reply, payload) => {
    pause('onSend')
    return `${payload}\n`
  })
  app.addHook('onResponse', () => {
    pause('onResponse')
    responded()
  })
  app.post('/', (request) => {
    pause('handler')
    return { body: request.body }
  })
  const answer = await app.inject({ method: 'POST', url: '/', payload: { a: 1 } })
  await response
  assert.equal(answer.body, '{"body":{"a":1},"serialized":true}\n')
  assert.deepEqual(trace, throughout)
})

test('hooks with done, async hooks and hooks that return may be mixed', async () => {
  const app = await build()
  const trace: string[] = []
  app.addHook('onRequest', (_request, _reply, done) => {
    wait(nextTurn())
    trace.push('done')
    done()
  })
  app.addHook('onRequest', (_request, _reply, done) => {
    trace.push('done later')
    setImmediate(done)
  })
  app.addHook('onRequest', async () => {
    wait(nextTurn())
    trace.push('async')
    await nextTurn()
    trace.push('async, after its await')
  })
  app.addHook('onRequest', () => {
    wait(nextTurn())
    trace.push('returned')
  })
  app.get('/', () => {
    trace.push('handler')
    return 'ok'
  })
  assert.equal((await app.inject('/')).body, 'ok')
  assert.deepEqual(trace, [
    'done',
    'done later',
    'async',
    'async, after its await',
    'returned',
    'handler',
  ])
})

test('a hook whose parameters do not tell whether it calls done must call it, as in plain Fastify', async () => {
  const app = await build()
  const trace: string[] = []
  const instrumented =
    (hook: (...args: unknown[]) => void) =>
    (...args: unknown[]): void =>
      hook(...args)
  app.addHook(
    'onRequest',
    instrumented((_request, _reply, done) => {
      setImmediate(() => {
        trace.push('authenticated')
        ;(done as () => void)()
      })
    }),
  )
  app.addHook('onRequest', function () {
    // biome-ignore lint/complexity/noArguments: an older style that must not be mistaken
    const done = arguments[2] as () => void
    setImmediate(() => {
      trace.push('authorized')
      done()
    })
  })
  app.get('/', () => {
    trace.push('handler')
    return 'ok'
  })
  await app.inject('/')
  assert.deepEqual(trace, ['authenticated', 'authorized', 'handler'])
})

test('hooks of a route, of a child plugin and of its parent are all green, and bound to their instance', async () => {
  const app = await build()
  const seen: string[] = []
  app.decorate('where', 'parent')
  const note = (server: FastifyInstance & { where?: string }, hook: string): void => {
    wait(nextTurn())
    seen.push(`${hook} ${server.where}`)
  }
  app.addHook('onRequest', function () {
    note(this, 'parent hook')
  })
  await app.register(async (child) => {
    Object.assign(child, { where: 'child' })
    child.addHook('preHandler', function () {
      note(this, 'child hook')
    })
    child.get(
      '/',
      {
        preHandler: [
          function () {
            note(this, 'route hook 1')
          },
          function (_request, _reply, done) {
            note(this, 'route hook 2')
            done()
          },
        ],
        onSend: function (_request, _reply, payload, done) {
          note(this, 'route onSend')
          done(null, payload)
        },
      },
      function () {
        note(this, 'handler')
        return 'ok'
      },
    )
  })
  assert.equal((await app.inject('/')).body, 'ok')
  assert.deepEqual(seen, [
    'parent hook child',
    'child hook child',
    'route hook 1 child',
    'route hook 2 child',
    'handler child',
    'route onSend child',
  ])
})

test('threads are named after what they run', async () => {
  const app = await build()
  const names: unknown[] = []
  app.addHook('preHandler', function authenticate() {
    names.push(current()?.name)
  })
  app.get('/users/:id', () => {
    names.push(current()?.name)
    return 'ok'
  })
  await app.inject('/users/7')
  assert.deepEqual(names, ['preHandler authenticate', 'GET /users/:id'])
})

test('an error without a value becomes an answer as well', async () => {
  const app = await build()
  app.addHook('preHandler', async (request) => {
    if (request.url === '/rejected') return await Promise.reject()
  })
  app.addHook('preHandler', (request) => {
    wait(nextTurn())
    if (request.url === '/thrown') throw undefined
  })
  app.get('/*', () => assert.fail('the handler must not run'))
  for (const url of ['/rejected', '/thrown']) {
    const answer = await app.inject(url)
    assert.equal(answer.statusCode, 500)
    assert.equal(answer.json().code, 'FST_ERR_SEND_UNDEFINED_ERR')
  }
})

test("Fastify's own checks of hooks still speak", async () => {
  const app = await build()
  const wrong = async (_request: unknown, _reply: unknown, _done: unknown): Promise<void> => {}
  assert.throws(() => app.addHook('onRequest', wrong as never), {
    code: 'FST_ERR_HOOK_INVALID_ASYNC_HANDLER',
  })
  assert.throws(() => app.get('/', { preHandler: [wrong as never] }, () => 'x'), {
    code: 'FST_ERR_HOOK_INVALID_ASYNC_HANDLER',
  })
  await assert.rejects(async () => await app.register(greenthreads), {
    code: 'ERR_GT_ALREADY_REGISTERED',
  })
})

test('AsyncLocalStorage values set in hooks of every style reach the handler', async () => {
  const app = await build()
  const ran = new AsyncLocalStorage<string>()
  const entered = new AsyncLocalStorage<string>()
  const asyncEntered = new AsyncLocalStorage<string>()
  app.addHook('onRequest', (request, _reply, done) => {
    ran.run(String(request.query), () => {
      wait(nextTurn())
      done()
    })
  })
  app.addHook('onRequest', (request) => {
    wait(nextTurn())
    entered.enterWith(request.url)
  })
  app.addHook('preHandler', async (request) => {
    asyncEntered.enterWith(request.url)
  })
  app.post('/:id', (request) => {
    wait(nextTurn())
    return [entered.getStore(), asyncEntered.getStore(), ran.getStore() !== undefined, request.body]
  })
  const urls = Array.from({ length: 50 }, (_, i) => `/${i}`)
  const answers = await Promise.all(
    urls.map(async (url) => (await app.inject({ method: 'POST', url, payload: { url } })).json()),
  )
  assert.deepEqual(
    answers,
    urls.map((url) => [url, url, true, { url }]),
  )
})
