import type { FastifyReply, FastifyRequest } from 'fastify'
import { GreenThread, type ThreadOptions } from '../index.ts'
import { type Stage, takesDone } from './fastify-callback.ts'
import { RequestScope } from './fastify-request.ts'

type Done = (error: unknown, value?: unknown) => void

/** What the wrapper has to know about the stage it wraps. */
export interface StageKind {
  /** For the names of threads. */
  readonly name: string
  /** The index of the `done` parameter. */
  readonly donePosition: number
  /** The stage runs before the handler, so a reply sent in it ends the chain. */
  readonly isBeforeHandler: boolean
  /** The stage belongs to the reply. */
  readonly isReply: boolean
  /** The stage is over when the client goes away; the others are there to clean up. */
  readonly isCancellable: boolean
}

const greenStages = new WeakSet<Stage>()

/**
 * A hook or content-type parser whose every call runs in a green thread of its own. It may call
 * `done`, return a promise, or simply return: then it may wait anywhere, and the request continues
 * when it returns.
 *
 * Fastify's continuation is always called inside the thread, so that a value which the hook put
 * into an AsyncLocalStorage is there for the rest of the request.
 */
export function greenHook(hook: Stage, kind: StageKind): Stage {
  if (greenStages.has(hook)) return hook
  const callsDone = takesDone(hook, kind.donePosition)
  const options = { name: `${kind.name} ${hook.name}`.trimEnd(), detached: true }

  function runHook(self: unknown, args: unknown[], scope: RequestScope): void {
    const done = args[kind.donePosition] as Done
    const { replyCount } = scope
    let result: unknown
    try {
      result = hook.apply(self, args)
    } catch (error) {
      if (!scope.isOwnCancellation(error)) done(error ?? new UndefinedRejectionError())
      return
    }
    if (isThenable(result)) {
      result.then(
        (value) => done(null, value),
        (error) => done(error ?? new UndefinedRejectionError()),
      )
    } else if (!callsDone && !(kind.isBeforeHandler && scope.replyCount !== replyCount)) {
      done(null, result)
    }
  }

  function greenHook(this: unknown, ...args: unknown[]): void {
    const scope = RequestScope.of(args[0] as FastifyRequest)
    if (kind.isReply) scope.replyCount++
    runStage(scope, kind.isCancellable, options, () => runHook(this, args, scope))
  }
  return named(greenHook, hook)
}

/**
 * A handler (or error handler, or not-found handler) whose every call runs in a green thread of its
 * own. What it returns or throws reaches Fastify as if it had never been suspended: at once if it
 * was not, else by a promise.
 */
export function greenHandler(
  handler: Stage,
  name: string,
  requestPosition: number,
  handlerTimeoutMs = 0,
): Stage {
  if (greenStages.has(handler)) return handler
  const options = { name, detached: true }

  function greenHandler(this: unknown, ...args: unknown[]): unknown {
    const request = args[requestPosition] as FastifyRequest
    const reply = args[requestPosition + 1] as FastifyReply
    const scope = RequestScope.of(request)
    scope.replyCount++

    const outcome = new Outcome(reply)
    runStage(scope, true, options, () => {
      try {
        outcome.return(handler.apply(this, args))
      } catch (error) {
        if (scope.isOwnCancellation(error)) outcome.return(undefined)
        else outcome.throw(error)
      }
    })
    if (handlerTimeoutMs > 0 && !outcome.isKnown) scope.followSignal(request.signal)
    return outcome.handOver()
  }
  return named(greenHandler, handler)
}

function runStage(
  scope: RequestScope,
  isCancellable: boolean,
  options: ThreadOptions,
  body: () => void,
): void {
  const thread = new GreenThread(() => {
    try {
      body()
    } finally {
      scope.threadEnds(thread)
    }
  }, options)
  scope.threadBegins()
  thread.start()
  if (isCancellable && thread.state === 'suspended') scope.add(thread)
}

/** What a handler came to, for Fastify, which asks once, perhaps before it is known. */
class Outcome {
  isKnown = false
  readonly #reply: FastifyReply
  #hasThrown = false
  #value: unknown
  #resolve: ((value: unknown) => void) | undefined
  #reject: ((error: unknown) => void) | undefined

  constructor(reply: FastifyReply) {
    this.#reply = reply
  }

  return(value: unknown): void {
    this.isKnown = true
    // Nothing returned means that the handler has sent its reply or will. A promise of undefined
    // would say "reply with nothing"; a promise of the reply says "wait for it".
    if (this.#resolve !== undefined) this.#resolve(value === undefined ? this.#reply : value)
    else this.#value = value
  }

  throw(error: unknown): void {
    this.isKnown = true
    if (this.#reject !== undefined) {
      this.#reject(error)
    } else {
      this.#hasThrown = true
      this.#value = error
    }
  }

  handOver(): unknown {
    if (!this.isKnown) {
      return new Promise((resolve, reject) => {
        this.#resolve = resolve
        this.#reject = reject
      })
    }
    if (this.#hasThrown) throw this.#value
    return this.#value
  }
}

/** Fastify's own answer to a rejection without a reason. */
class UndefinedRejectionError extends Error {
  readonly code = 'FST_ERR_SEND_UNDEFINED_ERR'
  readonly statusCode = 500

  constructor() {
    super('Undefined error has occurred')
    this.name = 'FastifyError'
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as PromiseLike<unknown>).then === 'function'
  )
}

function named(stage: Stage, original: Stage): Stage {
  Object.defineProperty(stage, 'name', { value: original.name, configurable: true })
  greenStages.add(stage)
  return stage
}
