import { context, propagation } from '@opentelemetry/api'
import { wait } from 'greenthreads'
import { type Dispatcher, Pool } from 'undici'
import type { GuardConfig } from '../config/protection-config.ts'
import { inInnerSpanAsync, SpanKind } from '../observability/spans.ts'
import { type AsyncDeadline, asyncDeadline } from './async-deadline.ts'
import type { BreakerBoard } from './breaker-board.ts'
import { type TlsOptions, tlsConnector } from './tls-connector.ts'
import { UpstreamRefused } from './upstream-errors.ts'
import { type GuardSnapshot, UpstreamGuard } from './upstream-guard.ts'
import { failedWith, problemOf, unusableAnswer } from './upstream-problems.ts'

export interface UpstreamOptions {
  /** For people and for the codes of errors, in lower case: `tax authority`. */
  readonly name: string
  readonly url: string
  /** Longest time for one call, from the wait for a free connection to the last byte of the last try. */
  readonly timeoutMs: number
  readonly connections: number
  readonly guard: GuardConfig
  readonly board?: BreakerBoard | undefined
  readonly tls?: TlsOptions
}

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** Sent as JSON. */
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  /** Doing it twice is the same as doing it once, so that it may be tried again. GET, PUT and DELETE are. */
  readonly isIdempotent?: boolean
}

interface Reply {
  readonly statusCode: number
  readonly retryAfter: string | undefined
  readonly text: string
}

const modernTls: TlsOptions = { legacyHosts: [], ca: undefined }
const mostAnswerBytes = 64 * 1024

/**
 * JSON over HTTP with one server: bounded in calls, in time and in the size of an answer, and left in peace for a
 * short time when it fails.
 */
export class Upstream {
  readonly name: string
  readonly #pool: Pool
  readonly #guard: UpstreamGuard
  readonly #basePath: string
  readonly #timeoutMs: number

  constructor({
    name,
    url,
    timeoutMs,
    connections,
    guard,
    board,
    tls = modernTls,
  }: UpstreamOptions) {
    this.name = name
    this.#timeoutMs = timeoutMs
    this.#guard = new UpstreamGuard({
      ...guard,
      upstream: name,
      maxConcurrent: connections,
      board,
    })
    const address = new URL(url)
    this.#basePath = address.pathname.replace(/\/$/, '')
    this.#pool = new Pool(address.origin, {
      connections,
      connect: tlsConnector({ upstream: name, url: address, timeoutMs, tls }),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      maxResponseSize: mostAnswerBytes,
    })
  }

  /**
   * Sends the request, suspends until the answer is complete, and returns its JSON (undefined when it is empty).
   *
   * Throws `UpstreamRefused` for a 4xx that says no, and `UpstreamUnavailable` when there is no answer in time
   * or none that can be used: then the upstream may have done what it was asked, or not.
   */
  call(request: UpstreamRequest): unknown {
    const deadline = asyncDeadline(this.#timeoutMs)
    try {
      return wait(this.#traced(request, deadline))
    } catch (error) {
      // A request that is cancelled, or past a deadline of the caller, ends the exchange, too: it would hold its
      // connection for nobody.
      deadline.giveUp()
      throw error
    }
  }

  /** The same for async code. */
  callAsync(request: UpstreamRequest): Promise<unknown> {
    return this.#traced(request, asyncDeadline(this.#timeoutMs))
  }

  /** The answer is not what it has to be: for those who read it. */
  unusable(why: string): Error {
    return unusableAnswer(this.name, why)
  }

  switchBreaker(isOn: boolean): void {
    this.#guard.switchBreaker(isOn)
  }

  snapshot(): GuardSnapshot {
    return this.#guard.snapshot()
  }

  close(): void {
    wait(this.#pool.destroy())
  }

  #traced(request: UpstreamRequest, deadline: AsyncDeadline): Promise<unknown> {
    const { method } = request
    const attributes = { 'http.request.method': method, 'peer.service': this.name }
    return inInnerSpanAsync(
      () => [`${method} ${this.name}`, { kind: SpanKind.CLIENT, attributes }],
      () => this.#call(request, deadline),
    )
  }

  async #call(request: UpstreamRequest, deadline: AsyncDeadline): Promise<unknown> {
    const { signal, aborted } = deadline
    const isRepeatable = request.isIdempotent ?? request.method !== 'POST'
    try {
      const called = this.#guard.run(() => this.#ask(request, deadline), { isRepeatable, signal })
      return await Promise.race([called, aborted])
    } catch (error) {
      throw problemOf(this.name, error, deadline)
    } finally {
      deadline.clear()
    }
  }

  /** One try: what it comes to is what the guard counts. */
  async #ask(request: UpstreamRequest, deadline: AsyncDeadline): Promise<unknown> {
    try {
      const response = await this.#send(request, deadline.signal)
      return this.#answerIn(replyOf(response, await response.body.text()))
    } catch (error) {
      throw problemOf(this.name, error, deadline)
    }
  }

  #send(
    { method, path, body, headers }: UpstreamRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const allHeaders = {
      accept: 'application/json',
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    }
    // For the upstream's own spans, where this process makes any.
    propagation.inject(context.active(), allHeaders)
    return this.#pool.request({
      method,
      path: this.#basePath + path,
      headers: allHeaders,
      body: body === undefined ? null : JSON.stringify(body),
      signal,
    })
  }

  #answerIn({ statusCode, text, retryAfter }: Reply): unknown {
    if (isSuccess(statusCode)) return text === '' ? undefined : this.#parse(text)
    if (isRefusal(statusCode)) throw new UpstreamRefused(this.name, statusCode, jsonOrNothing(text))
    throw failedWith(this.name, statusCode, retryAfter)
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch (error) {
      throw unusableAnswer(this.name, 'it is not JSON', error)
    }
  }
}

function replyOf({ statusCode, headers }: Dispatcher.ResponseData, text: string): Reply {
  const retryAfter = headers['retry-after']
  return { statusCode, retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter, text }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

/** Timeouts and limits (408, 425, 429) are no verdict on the request: it may be sent again. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && ![408, 425, 429].includes(status)
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A refusal counts by its status; a page instead of a reason changes nothing about it.
    return undefined
  }
}
