import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { wait } from 'greenthreads'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import { WebSocket, WebSocketServer } from 'ws'
import { listening, load, meeting } from './support.mjs'

test('ws: a message handler that waits', { timeout: 60_000 }, async () => {
  const server = createServer()
  const url = await listening(server)
  const sockets = new WebSocketServer({ server })
  after(() => sockets.close())
  const meet = meeting()
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      wait(delay(1))
      meet()
      socket.send(`answer to ${data}`)
    })
  })
  const answers = await Promise.all(
    Array.from({ length: load }, async (_, index) => {
      const socket = new WebSocket(url.replace('http', 'ws'))
      await once(socket, 'open')
      socket.send(String(index))
      const [data] = await once(socket, 'message')
      socket.close()
      return String(data)
    }),
  )
  assert.deepEqual(
    answers,
    answers.map((_, index) => `answer to ${index}`),
  )
})

test('socket.io: an event handler that waits, and acknowledges', { timeout: 60_000 }, async () => {
  const server = createServer()
  const sockets = new Server(server)
  const url = await listening(server)
  after(() => sockets.close())
  const meet = meeting()
  sockets.on('connection', (socket) => {
    socket.on('ask', (question, acknowledge) => {
      wait(delay(1))
      meet()
      acknowledge(`answer to ${question}`)
    })
  })
  const answers = await Promise.all(
    Array.from({ length: load }, async (_, index) => {
      const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false })
      const answer = await socket.emitWithAck('ask', index)
      socket.close()
      return answer
    }),
  )
  assert.deepEqual(
    answers,
    answers.map((_, index) => `answer to ${index}`),
  )
})
