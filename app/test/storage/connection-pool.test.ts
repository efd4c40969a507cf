import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import { ConnectionPool } from '../../src/storage/connection-pool.ts'

/** What PostgreSQL answers to one whom it trusts: AuthenticationOk, ReadyForQuery. */
const welcome = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])

test('close() waits until the server has let go of every connection', async (context) => {
  const { sockets, pool } = await poolOfTwo()
  context.after(() => sockets.server.close())
  await pool.takePlaceAsync()
  await pool.takePlaceAsync()
  const [idle, broken] = [await pool.connect(), await pool.connect()]
  pool.giveBack(idle)
  pool.destroy(broken)

  let isClosed = false
  const closing = pool.close().then(() => {
    isClosed = true
  })
  for (const socket of sockets.open) {
    if (!socket.readableEnded) await once(socket, 'end')
    assert.equal(isClosed, false)
    socket.end()
  }
  await closing
})

async function poolOfTwo(): Promise<{ pool: ConnectionPool; sockets: Sockets }> {
  const sockets = new Sockets()
  const port = await sockets.listen()
  const options = { most: 2, queueTimeoutMs: 1000, onIdleError: assert.ifError }
  const pool = new ConnectionPool(options, { host: '127.0.0.1', port, user: 'u', database: 'd' })
  return { pool, sockets }
}

/** A server that ends a connection only when it is told to. */
class Sockets {
  readonly open: Socket[] = []
  readonly server = net.createServer({ allowHalfOpen: true }, (socket) => {
    this.open.push(socket)
    socket.once('data', () => socket.write(welcome)).resume()
  })

  async listen(): Promise<number> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening')
    return (this.server.address() as AddressInfo).port
  }
}
