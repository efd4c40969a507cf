import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Act = (request: IncomingMessage, response: ServerResponse) => void

/** An upstream that does with each request what the test says at that moment. */
export class ScriptedServer {
  /** What happens to requests from now on. */
  act: Act = answer({ ok: true })
  asked = 0
  /** Asked and not answered: to be answered by the test. */
  readonly held: ServerResponse[] = []
  readonly #server = createServer((request, response) => {
    request.resume()
    this.asked++
    this.act(request, response)
  })
  url = ''

  static async listen(): Promise<ScriptedServer> {
    const scripted = new ScriptedServer()
    scripted.#server.listen(0, '127.0.0.1')
    await once(scripted.#server, 'listening')
    scripted.url = `http://127.0.0.1:${(scripted.#server.address() as AddressInfo).port}`
    return scripted
  }

  /** Keeps what comes waiting, in `held`. */
  readonly hold: Act = (_request, response) => {
    this.held.push(response)
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

export function answer(body: object, statusCode = 200): Act {
  return (_request, response) => {
    response.writeHead(statusCode, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
}

export const drop: Act = (_request, response) => {
  response.destroy()
}

/** The first of these for the first request from now on, and so on; the last for all that follow. */
export function inTurn(...acts: readonly Act[]): Act {
  let turn = 0
  return (request, response) => acts[Math.min(turn++, acts.length - 1)]?.(request, response)
}

/** Until the condition holds: each turn of the event loop brings it nearer. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
