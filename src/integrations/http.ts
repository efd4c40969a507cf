import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type AdmissionRefusedError,
  Cancelled,
  ClientDisconnectedError,
  type GreenThread,
  spawnWith,
  type ThreadOptions,
  wait,
} from '../index.ts'
import type { Admission } from './admission.ts'

export { Admission, type AdmissionOptions, type AdmissionSnapshot } from './admission.ts'
export type { RouteSnapshot } from './admission-route.ts'

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
  /** Which requests are served, which wait, and which are answered with 429 and `Retry-After`. Default: all are served. */
  admission?: Admission
  /**
   * What `admission` counts a request as: one of a limited set of names, each of which gets the share of a
   * route. Default: all requests together may take everything.
   */
  routeOf?: (request: Request) => string
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
  const { cancelOnDisconnect = true, onError = printError, admission, routeOf } = options

  function serve(server: unknown, request: Request, response: Response): void {
    try {
      wait(listener.call(server, request, response))
    } catch (error) {
      answerError(response)
      if (!isDisconnect(error)) onError(error, request, response)
    }
  }

  function start(server: unknown, request: Request, response: Response): GreenThread<void> {
    const thread = spawnWith(THREAD, serve, server, request, response)
    // Most requests of a fast route are over by now and need no listener.
    if (cancelOnDisconnect && thread.state === 'suspended') cancelWithClient(thread, response)
    return thread
  }

  function admit(server: unknown, request: Request, response: Response, to: Admission): void {
    let thread: GreenThread<void> | undefined
    const entry = to.enter(
      routeOf?.(request),
      () => {
        thread = start(server, request, response)
      },
      (error) => answerRefusal(response, error),
    )
    response.on('close', () => {
      // Work that goes on without its client still takes its place.
      if (thread === undefined) entry.leave()
      else thread.onEnd(() => entry.leave())
    })
  }

  return function handle(this: unknown, request: Request, response: Response): void {
    if (admission === undefined) start(this, request, response)
    else admit(this, request, response, admission)
  }
}

/** Also when a scope is open where the request arrives, which does not wait for it then. */
const THREAD: ThreadOptions = { detached: true }

function cancelWithClient(thread: GreenThread<void>, response: ServerResponse): void {
  response.on('close', () => {
    // 'close' also follows a complete response; work after it is not the client's business.
    if (!response.writableEnded) thread.cancel(new ClientDisconnectedError())
  })
}

function isDisconnect(error: unknown): boolean {
  return error instanceof Cancelled && error.cause instanceof ClientDisconnectedError
}

function answerRefusal(response: ServerResponse, error: AdmissionRefusedError): void {
  response.statusCode = error.statusCode
  response.setHeader('retry-after', error.retryAfterSeconds)
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.end('Too Many Requests\n')
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
