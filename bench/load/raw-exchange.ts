import { connect, type Socket } from 'node:net'

export interface Target {
  readonly host: string
  readonly port: number
  /** The loopback address that the connection comes from: each has ports of its own. */
  readonly localAddress: string
}

const endOfHead = '\r\n\r\n'

/**
 * Plain keep-alive HTTP over one socket, one request at a time: a client library would cost more than the
 * service that is measured.
 */
export class RawExchange {
  readonly #socket: Socket
  #received = ''
  #settle: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => this.#take(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('The connection was closed.')))
  }

  static open({ host, port, localAddress }: Target): Promise<RawExchange> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, localAddress, noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new RawExchange(socket))
      })
    })
  }

  /** Resolves with the status when the answer is complete. */
  send(request: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: string): void {
    this.#received = this.#received === '' ? chunk : this.#received + chunk
    const headLength = this.#received.indexOf(endOfHead)
    if (headLength < 0) return
    const length = /^content-length: *(\d+)/im.exec(this.#received.slice(0, headLength))?.[1]
    if (length === undefined) {
      this.#socket.destroy(new Error(`An answer without a length: ${this.#received}`))
      return
    }
    if (this.#received.length < headLength + endOfHead.length + Number(length)) return
    const status = Number(this.#received.slice(9, 12))
    this.#received = ''
    this.#settle?.resolve(status)
    this.#settle = undefined
  }

  #fail(error: Error): void {
    this.#settle?.reject(error)
    this.#settle = undefined
  }
}

export function getRequest(path: string, headers: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries({ host: 'bench', ...headers }).map(([name, value]) => {
    return `${name}: ${value}\r\n`
  })
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
}
