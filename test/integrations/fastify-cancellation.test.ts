import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { Cancelled, ClientDisconnectedError, current, wait } from 'greenthreads'
import { type GreenthreadsOptions, greenthreads } from 'greenthreads/fastify'

async function withApp(
  options: FastifyServerOptions & GreenthreadsOptions,
  declare: (app: FastifyInstance) => void,
  run: (request: (head?: string) => Socket, app: FastifyInstance) => Promise<void>,
): Promise<void> {
  const { cancelOnDisconnect = true, ...server } = options
  const app = Fastify(server)
  await app.register(greenthreads, { cancelOnDisconnect })
  declare(app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  try {
    await run((head = 'GET /') => {
      const socket = connect(port, '127.0.0.1')
      socket.write(`${head} HTTP/1.1\r\nHost: x\r\n\r\n`)
      return socket
    }, app)
  } finally {
    await app.close()
  }
}

function signal<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve = (_value: T): void => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

for (const stage of ['onRequest', 'preHandler', 'handler', 'onSend', 'error handler'] as const) {
  test(`a client that goes away cancels a thread suspended in ${stage}`, async () => {
    const begun = signal()
    const ended = signal<unknown>()
    const errors: unknown[] = []
    const hang = (): void => {
      try {
        begun.resolve()
        wait(new Promise(() => {}))
      } catch (error) {
        ended.resolve(error)
        throw error
      }
    }
    await withApp(
      {},
      (app) => {
        if (stage === 'onRequest' || stage === 'preHandler') app.addHook(stage, () => hang())
        if (stage === 'onSend') app.addHook('onSend', () => hang())
        if (stage === 'error handler') app.setErrorHandler(() => hang())
        else app.setErrorHandler((error) => errors.push(error))
        app.get('/', () => {
          if (stage === 'handler') hang()
          if (stage === 'error handler') throw new Error('handled')
          return 'ok'
        })
      },
      async (request) => {
        const socket = request()
        await begun.promise
        socket.destroy()
        const error = await ended.promise
        assert.ok(error instanceof Cancelled)
        assert.ok(error.cause instanceof ClientDisconnectedError)
        await nextTurn()
        assert.deepEqual(errors, [], 'nobody is told of the cancellation')
      },
    )
  })
}

test('a handler aborts what it started through the signal of its thread', async () => {
  const begun = signal()
  const aborted = signal<unknown>()
  await withApp(
    {},
    (app) => {
      app.get('/', () => {
        const { signal } = current() ?? assert.fail()
        signal.addEventListener('abort', () => aborted.resolve(signal.reason))
        begun.resolve()
        wait(new Promise(() => {}))
      })
    },
    async (request) => {
      const socket = request()
      await begun.promise
      socket.destroy()
      await aborted.promise
    },
  )
})

test('onRequestAbort runs in a green thread that the disconnection does not cancel', async () => {
  const begun = signal()
  const cleaned = signal()
  await withApp(
    {},
    (app) => {
      app.addHook('onRequestAbort', () => {
        wait(nextTurn())
        wait(nextTurn())
        cleaned.resolve()
      })
      app.get('/', () => {
        begun.resolve()
        wait(new Promise(() => {}))
      })
    },
    async (request) => {
      const socket = request()
      await begun.promise
      socket.destroy()
      await cleaned.promise
    },
  )
})

test('a stage that begins after the client has gone ends where it waits', async () => {
  const gone = signal()
  const inHook = signal()
  const ended = signal<unknown>()
  await withApp(
    {},
    (app) => {
      app.addHook('preHandler', (_request, _reply, done) => {
        // A wait of this request makes it follow its client.
        wait(nextTurn())
        inHook.resolve()
        gone.promise.then(() => done())
      })
      app.get('/', (_request, reply) => {
        assert.equal(reply.raw.destroyed, true)
        try {
          wait(new Promise(() => {}))
        } catch (error) {
          ended.resolve(error)
          throw error
        }
      })
    },
    async (request, app) => {
      const closed = once(app.server, 'connection').then(([socket]) => once(socket, 'close'))
      const socket = request()
      await inHook.promise
      socket.destroy()
      await closed
      gone.resolve()
      assert.ok((await ended.promise) instanceof Cancelled)
    },
  )
})

test('cancelOnDisconnect: false lets the handler finish', async () => {
  const begun = signal()
  const finished = signal()
  await withApp(
    { cancelOnDisconnect: false },
    (app) => {
      app.get('/', (_request, reply) => {
        begun.resolve()
        wait(once(reply.raw, 'close'))
        wait(nextTurn())
        finished.resolve()
        return 'for nobody'
      })
    },
    async (request) => {
      const socket = request()
      await begun.promise
      socket.destroy()
      await finished.promise
    },
  )
})

test('work after the reply outlives the connection', async () => {
  const finished = signal()
  await withApp(
    {},
    (app) => {
      app.get('/', (_request, reply) => {
        const closed = once(reply.raw, 'close')
        reply.send('bye')
        wait(closed)
        wait(nextTurn())
        finished.resolve()
      })
    },
    async (request) => {
      const socket = request()
      const [chunk] = await once(socket, 'data')
      assert.match(String(chunk), /bye$/)
      socket.destroy()
      await finished.promise
    },
  )
})

test("Fastify's handlerTimeout answers 503 and cancels the handler", async () => {
  const ended = signal<unknown>()
  await withApp(
    { handlerTimeout: 1 } as FastifyServerOptions,
    (app) => {
      app.get('/', () => {
        try {
          wait(new Promise(() => {}))
        } catch (error) {
          ended.resolve(error)
          throw error
        }
      })
    },
    async (request) => {
      const socket = request()
      const [chunk] = await once(socket, 'data')
      assert.match(String(chunk), /^HTTP\/1.1 503 /)
      const error = await ended.promise
      assert.ok(error instanceof Cancelled)
      assert.equal((error.cause as { code?: string }).code, 'FST_ERR_HANDLER_TIMEOUT')
      socket.destroy()
    },
  )
})
