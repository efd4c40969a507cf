import { AsyncLocalStorage } from 'node:async_hooks'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createAdaptorServer } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { wait } from 'greenthreads'
import { Hono } from 'hono'
import Koa from 'koa'
import { assertEachGetsItsOwn, listening, meeting } from './support.mjs'

// Handlers that wait in the middle of a synchronous call, on servers that know nothing of green threads.

const customer = new AsyncLocalStorage()

/** What a handler calls: synchronous functions that wait for a promise, for others and for a file. */
function describeOrder(number, meet) {
  const found = [number].map((id) => {
    wait(delay(1))
    meet()
    return readFileSync(new URL(import.meta.url)).length > 0 ? id : undefined
  })
  return `order ${found[0]} of ${customer.getStore()}`
}

/** Each starts a server whose route /orders/:number answers by describeOrder(). */
const servers = {
  'node:http'(meet) {
    return createServer((incoming, outgoing) => {
      const number = Number(incoming.url.split('/').at(-1))
      customer.run(number, () => outgoing.end(describeOrder(number, meet)))
    })
  },

  'Express 5'(meet) {
    const app = express()
    app.use('/orders/:number', ({ params }, _response, next) =>
      customer.run(Number(params.number), next),
    )
    app.get('/orders/:number', ({ params }, response) => {
      response.send(describeOrder(Number(params.number), meet))
    })
    return createServer(app)
  },

  'Express 5, async handler'(meet) {
    const app = express()
    app.get('/orders/:number', async ({ params }, response) => {
      await delay(1)
      const number = Number(params.number)
      response.send(customer.run(number, () => describeOrder(number, meet)))
    })
    return createServer(app)
  },

  async 'Fastify 5'(meet) {
    const app = fastify()
    app.addHook('onRequest', ({ params }, _reply, done) =>
      customer.run(Number(params.number), done),
    )
    app.get('/orders/:number', ({ params }, reply) => {
      reply.send(describeOrder(Number(params.number), meet))
    })
    await app.ready()
    return app.server
  },

  'Koa 3'(meet) {
    const app = new Koa()
    app.use(({ path }, next) => customer.run(Number(path.split('/').at(-1)), next))
    app.use(async (context, next) => {
      await next()
      context.body = describeOrder(customer.getStore(), meet)
    })
    return createServer(app.callback())
  },

  Hono(meet) {
    const app = new Hono()
    app.use('/orders/:number', (context, next) =>
      customer.run(Number(context.req.param('number')), next),
    )
    app.get('/orders/:number', (context) =>
      context.text(describeOrder(Number(context.req.param('number')), meet)),
    )
    return createAdaptorServer({ fetch: app.fetch })
  },
}

describe('a handler that waits', () => {
  for (const [name, serve] of Object.entries(servers)) {
    test(name, { timeout: 60_000 }, async () => {
      await assertEachGetsItsOwn(await listening(await serve(meeting())))
    })
  }
})
