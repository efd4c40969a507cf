import { wait, withTimeout } from 'greenthreads'
import { Pool } from 'undici'
import { problemOf, refusedWith, unusableAnswer } from './upstream-problems.ts'

export interface UpstreamOptions {
  readonly url: string
  /** Longest time for one exchange, from the wait for a free connection to the last byte. */
  readonly timeoutMs: number
  readonly connections: number
}

interface Reply {
  readonly statusCode: number
  readonly retryAfter: string | undefined
  readonly text: string
}

const mostAnswerBytes = 64 * 1024

/** JSON over HTTP with one server: bounded in connections, in time and in the size of an answer. */
export class Upstream {
  readonly #pool: Pool
  readonly #basePath: string
  readonly #timeoutMs: number

  constructor({ url, timeoutMs, connections }: UpstreamOptions) {
    this.#timeoutMs = timeoutMs
    const { origin, pathname } = new URL(url)
    this.#basePath = pathname.replace(/\/$/, '')
    this.#pool = new Pool(origin, {
      connections,
      connect: { timeout: timeoutMs },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      maxResponseSize: mostAnswerBytes,
    })
  }

  /** Suspends until the answer is complete. Throws `TaxAuthorityUnavailable` for any answer but a 200 with JSON. */
  postJson(path: string, body: object): unknown {
    const reply = this.#exchange(path, JSON.stringify(body))
    if (reply.statusCode !== 200) throw refusedWith(reply.statusCode, reply.retryAfter)
    return parseJson(reply.text)
  }

  close(): void {
    wait(this.#pool.destroy())
  }

  #exchange(path: string, body: string): Reply {
    return withTimeout(this.#timeoutMs, (deadline) => {
      try {
        // The signal stops the exchange with the wait, be it for the deadline or for a cancelled request:
        // it would hold its connection for nobody.
        return this.#roundTrip(path, body, deadline.signal)
      } catch (error) {
        throw problemOf(error, deadline)
      }
    })
  }

  #roundTrip(path: string, body: string, signal: AbortSignal): Reply {
    const response = wait(
      this.#pool.request({
        method: 'POST',
        path: this.#basePath + path,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body,
        signal,
      }),
    )
    const retryAfter = response.headers['retry-after']
    return {
      statusCode: response.statusCode,
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      text: wait(response.body.text()),
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unusableAnswer('it is not JSON', error)
  }
}
