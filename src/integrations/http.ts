import type { IncomingMessage, ServerResponse } from 'node:http'
import { Cancelled, ClientDisconnectedError, type GreenThread, spawn, wait } from '../index.ts'

export interface GreenHandlerOptions<
  Request extends IncomingMessage = IncomingMessage,
  Response extends ServerResponse<IncomingMessage> = ServerResponse,
> {
  /**
   * Cancel the green thread of a request whose client goes away before the response is complete.
   * The reason is a {@link ClientDisconnectedError}. Default: true.
   */
  cancelOnDisconnect?: boolean
  /**
   * Receives every error that escaped the listener, after the client was answered (500, or a cut
   * connection when the response had begun). Default: prints it to stderr.
   */
  onError?: (error: unknown, request: Request, response: Response) => void
}

export type RequestListener<
  Request extends IncomingMessage = IncomingMessage,
  Response extends ServerResponse<IncomingMessage> = ServerResponse,
> = (request: Request, response: Response) => unknown

/**
 * Gives each request of a `node:http` server its own green thread: the listener stays synchronous
 * and may `wait()` anywhere in its call tree while the server goes on serving other requests.
 *
 * - An error before the headers are sent is answered with a plain 500 that tells the client
 *   nothing about it; after that the connection is cut, so that the client sees a broken
 *   response instead of a short one.
 * - A client that goes away cancels its green thread (`cancelOnDisconnect`).
 * - AsyncLocalStorage works as in any listener; an async listener is fine as well.
 *
 * ```ts
 * import { createServer } from 'node:http'
 * import { sleep } from 'greenthreads'
 * import { greenHandler } from 'greenthreads/http'
 *
 * createServer(
 *   greenHandler((request, response) => {
 *     sleep(100)
 *     response.end(`hello from ${request.url}\n`)
 *   }),
 * ).listen(3000)
 * ```
 */
export function greenHandler<
  Request extends IncomingMessage = IncomingMessage,
  Response extends ServerResponse<IncomingMessage> = ServerResponse,
>(
  listener: RequestListener<Request, Response>,
  options: GreenHandlerOptions<Request, Response> = {},
): (request: Request, response: Response) => void {
  const { cancelOnDisconnect = true, onError = printError } = options

  function serve(server: unknown, request: Request, response: Response): void {
    try {
      wait(listener.call(server, request, response))
    } catch (error) {
      answerError(response)
      if (!isDisconnect(error)) onError(error, request, response)
    }
  }

  return function handle(this: unknown, request: Request, response: Response): void {
    const thread = spawn(serve, this, request, response)
    // Most requests of a fast route are over by now and need no listener.
    if (cancelOnDisconnect && thread.state === 'suspended') cancelWithClient(thread, response)
  }
}

function cancelWithClient(thread: GreenThread<void>, response: ServerResponse): void {
  response.once('close', () => {
    // 'close' also follows a complete response; work after it is not the client's business.
    if (!response.writableEnded) thread.cancel(new ClientDisconnectedError())
  })
}

function isDisconnect(error: unknown): boolean {
  return error instanceof Cancelled && error.cause instanceof ClientDisconnectedError
}

function answerError(response: ServerResponse): void {
  if (response.writableEnded) return
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.statusCode = 500
  response.statusMessage = ''
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.end('Internal Server Error\n')
}

function printError(error: unknown, request: IncomingMessage): void {
  console.error(`greenthreads/http: ${request.method} ${request.url} failed:`, error)
}
