import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { wait } from 'greenthreads'
import { Redis } from 'ioredis'
import pg from 'pg'
import { fetch, request } from 'undici'
import { listening, load, meeting } from './support.mjs'

// Callbacks and continuations that wait for another call of the same driver.

const postgres = {
  host: process.env.PGHOST ?? '127.0.0.1',
  port: Number(process.env.PGPORT ?? 5432),
  user: process.env.PGUSER ?? 'postgres',
  database: process.env.PGDATABASE ?? 'test',
}
const redisAddress = { host: '127.0.0.1', port: 6379 }

test('pg: what waits for queries in the middle of a transaction', {
  timeout: 60_000,
  ...(await unless(postgres)),
}, async () => {
  const pool = new pg.Pool({ ...postgres, max: load })
  after(() => pool.end())
  const meet = meeting()
  const answers = await Promise.all(
    Array.from({ length: load }, async (_, index) => {
      const client = await pool.connect()
      const query = (sql, ...values) => wait(client.query(sql, values)).rows[0]
      query('begin')
      const { own } = query('select $1::int as own', index)
      meet()
      const { next } = query('select $1::int + 1 as next', own)
      query('commit')
      client.release()
      return [own, next]
    }),
  )
  assert.deepEqual(
    answers,
    answers.map((_, index) => [index, index + 1]),
  )
})

test('ioredis: callbacks that wait for other commands', {
  timeout: 60_000,
  ...(await unless(redisAddress)),
}, async () => {
  const redis = new Redis(redisAddress)
  after(() => redis.disconnect())
  const key = (index) => `greenthreads-test-${process.pid}-${index}`
  const meet = meeting()
  const answers = await Promise.all(
    Array.from(
      { length: load },
      (_, index) =>
        new Promise((resolve, reject) => {
          redis.set(key(index), index, 'EX', 60, (error) => {
            if (error) return reject(error)
            meet()
            resolve(wait(redis.incr(key(index))))
          })
        }),
    ),
  )
  await redis.del(answers.map((_, index) => key(index)))
  assert.deepEqual(
    answers,
    answers.map((_, index) => index + 1),
  )
})

test('undici: continuations and listeners that wait', { timeout: 60_000 }, async () => {
  const server = createServer((incoming, outgoing) => outgoing.end(incoming.url))
  const url = await listening(server)
  const meet = meeting()
  const answers = await Promise.all(
    Array.from({ length: load }, async (_, index) => {
      const response = await fetch(`${url}/${index}`)
      meet()
      const text = wait(response.text())
      const { body } = await request(`${url}${text}/again`)
      const chunks = []
      for await (const chunk of body) {
        wait(delay(1))
        chunks.push(chunk)
      }
      return [text, Buffer.concat(chunks).toString()]
    }),
  )
  assert.deepEqual(
    answers,
    answers.map((_, index) => [`/${index}`, `/${index}/again`]),
  )
})

/** A reason to skip, when nothing listens there. */
async function unless({ host, port }) {
  const socket = connect(port, host)
  try {
    await once(socket, 'connect')
    return {}
  } catch (error) {
    return { skip: `nothing answers at ${host}:${port} (${error.code})` }
  } finally {
    socket.destroy()
  }
}
