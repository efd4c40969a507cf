import { connect, type Socket } from 'node:net'

const request = Buffer.from('GET /contractors/7701 HTTP/1.1\r\nHost: bench\r\n\r\n')
const expectedBody = '{"data":{"id":"7701","isActive":true}}'

/**
 * Requests per second that a server answers when each of `connections` sends its next request as
 * soon as the last is answered. Plain sockets: an HTTP client would cost more than the server.
 */
export async function requestsPerSecond(
  port: number,
  connections: number,
  durationMs: number,
): Promise<number> {
  const start = performance.now()
  const answers = await answersWithin(port, connections, durationMs)
  return (answers / (performance.now() - start)) * 1000
}

/** How many requests are answered that are sent in so much time. */
export async function answersWithin(
  port: number,
  connections: number,
  durationMs: number,
): Promise<number> {
  let answered = 0
  let isOver = false
  const ends = Array.from({ length: connections }, () => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    return exchange(socket, () => {
      answered++
      return !isOver
    })
  })
  const timer = setTimeout(() => {
    isOver = true
  }, durationMs)
  await Promise.all(ends)
  clearTimeout(timer)
  return answered
}

/** Sends and receives until `onAnswer` says that it is enough. */
function exchange(socket: Socket, onAnswer: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = ''
    socket.setEncoding('latin1')
    socket.on('connect', () => socket.write(request))
    socket.on('data', (chunk: string) => {
      received += chunk
      if (!received.endsWith(expectedBody)) {
        if (isWrong(received)) socket.destroy(new Error(`An unexpected answer: ${received}`))
        return
      }
      received = ''
      if (onAnswer()) socket.write(request)
      else socket.end()
    })
    socket.on('error', reject)
    socket.on('close', resolve)
  })
}

function isWrong(received: string): boolean {
  return received.length > 12 && !received.startsWith('HTTP/1.1 200')
}
