import type { FastifyReply, FastifyRequest } from 'fastify'
import { Cancelled, ClientDisconnectedError, type GreenThread } from '../index.ts'

/** Where a request keeps its scope: a property that the plugin declares on every request. */
export const scopeKey: unique symbol = Symbol('greenthreads.request')

interface ScopedRequest {
  [scopeKey]?: RequestScope | null
}

/**
 * What the green threads of one request share: whether it is being answered and the reason that
 * cancels those which are suspended.
 */
export class RequestScope {
  /** How often the handler or a reply has begun: a hook during which it did must not continue. */
  replyCount = 0
  #response: FastifyReply['raw'] | undefined
  #suspended: Set<GreenThread<unknown>> | undefined
  #threads = 0
  #isResponseOver = false
  #onOver: (() => void) | undefined
  #isCancelled = false
  #reason: unknown

  static of(request: FastifyRequest): RequestScope {
    const scoped = request as ScopedRequest
    scoped[scopeKey] ??= new RequestScope()
    return scoped[scopeKey]
  }

  /** From the next suspension on, a client that goes away cancels the request's threads. */
  followClient(reply: FastifyReply): void {
    this.#response = reply.raw
  }

  /** Fastify's `handlerTimeout` aborts this signal when it has answered in the handler's place. */
  followSignal(signal: AbortSignal): void {
    if (signal.aborted) this.#cancel(signal.reason)
    else signal.addEventListener('abort', () => this.#cancel(signal.reason), { once: true })
  }

  /** Calls back once the response is over, complete or not, and no green thread of the request is left. */
  whenOver(reply: FastifyReply, callback: () => void): void {
    this.#onOver = callback
    reply.raw.once('close', () => {
      this.#isResponseOver = true
      this.#checkOver()
    })
  }

  threadBegins(): void {
    this.#threads++
  }

  threadEnds(thread: GreenThread<unknown>): void {
    this.#threads--
    this.#suspended?.delete(thread)
    this.#checkOver()
  }

  /** Takes part in the cancellation of the request while it is suspended. */
  add(thread: GreenThread<unknown>): void {
    if (this.#suspended === undefined) {
      this.#suspended = new Set()
      this.#watchClient()
    }
    this.#suspended.add(thread)
    // It began after the client had gone; like the others it ends where it waits.
    if (this.#isCancelled) thread.cancel(this.#reason)
  }

  /** The unwinding that this scope asked for: nobody is left to be told about it. */
  isOwnCancellation(error: unknown): boolean {
    return this.#isCancelled && error instanceof Cancelled && error.cause === this.#reason
  }

  #checkOver(): void {
    if (this.#isResponseOver && this.#threads === 0) this.#onOver?.()
  }

  #watchClient(): void {
    const response = this.#response
    if (response === undefined) return
    const checkClient = (): void => {
      // 'close' also follows a complete response; what goes on after it is not the client's business.
      if (!response.writableEnded) this.#cancel(new ClientDisconnectedError())
    }
    if (response.destroyed) checkClient()
    else response.once('close', checkClient)
  }

  #cancel(reason: unknown): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    this.#reason = reason
    for (const thread of this.#suspended ?? []) thread.cancel(reason)
  }
}
