import type { FastifyInstance, FastifyPluginCallback, RouteOptions } from 'fastify'
import { AlreadyRegisteredError } from '../index.ts'
import type { Admission } from './admission.ts'
import { admit } from './fastify-admission.ts'
import { isAsyncWithDone, type Stage } from './fastify-callback.ts'
import { RequestScope, scopeKey } from './fastify-request.ts'
import { greenHandler, greenHook, type StageKind } from './fastify-stage.ts'

export { Admission, type AdmissionOptions, type AdmissionSnapshot } from './admission.ts'
export type { RouteSnapshot } from './admission-route.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `false`: the plugin greenthreads takes this route's requests at any time, and counts none. */
    admission?: false
  }
}

export interface GreenthreadsOptions {
  /**
   * Cancel the green threads of a request whose client goes away before the response is complete.
   * The reason is a `ClientDisconnectedError`. Default: true.
   */
  cancelOnDisconnect?: boolean
  /**
   * Which requests are served, which wait, and which are refused, with an `AdmissionRefusedError`: the
   * answer 429 with `Retry-After`, unless an error handler gives another. Default: all are served.
   */
  admission?: Admission
}

const beforeHandler = { isBeforeHandler: true, isReply: false, isCancellable: true }
const reply = { isBeforeHandler: false, isReply: true, isCancellable: true }
const cleanUp = { isBeforeHandler: false, isReply: false, isCancellable: false }

const hookKinds: Readonly<Record<string, StageKind>> = {
  onRequest: { name: 'onRequest', donePosition: 2, ...beforeHandler },
  preParsing: { name: 'preParsing', donePosition: 3, ...beforeHandler },
  preValidation: { name: 'preValidation', donePosition: 2, ...beforeHandler },
  preHandler: { name: 'preHandler', donePosition: 2, ...beforeHandler },
  preSerialization: { name: 'preSerialization', donePosition: 3, ...reply },
  onSend: { name: 'onSend', donePosition: 3, ...reply },
  onError: { name: 'onError', donePosition: 3, ...reply, isCancellable: false },
  onResponse: { name: 'onResponse', donePosition: 2, ...cleanUp },
  onTimeout: { name: 'onTimeout', donePosition: 2, ...cleanUp },
  onRequestAbort: { name: 'onRequestAbort', donePosition: 1, ...cleanUp },
}
const parserKind: StageKind = {
  name: 'content-type parser',
  donePosition: 2,
  isBeforeHandler: false,
  isReply: false,
  isCancellable: true,
}

/**
 * Runs every route handler, every hook of the request's life, every content-type parser, error and
 * not-found handler in a green thread of its own, so that all of them may be written
 * synchronously and `wait()` anywhere. A request's threads share its fate: when the client goes
 * away before the response is complete, those that are suspended are cancelled.
 *
 * Register it first, and await it: routes and hooks declared before it keep running without.
 *
 * - A returned value is the payload, a thrown error goes to the error handler. Async functions,
 *   callbacks, streams, `reply.send()` and `reply.hijack()` work as ever.
 * - A hook which neither takes `done` nor returns a promise continues the request when it returns,
 *   unless it has begun to reply.
 * - AsyncLocalStorage and request decorators carry values from hook to handler; a `Local` does not,
 *   because each of them has a thread of its own.
 *
 * ```ts
 * import Fastify from 'fastify'
 * import { sleep } from 'greenthreads'
 * import { greenthreads } from 'greenthreads/fastify'
 *
 * const app = Fastify()
 * await app.register(greenthreads)
 * app.get('/', () => {
 *   sleep(100)
 *   return { hello: 'world' }
 * })
 * ```
 */
export const greenthreads: FastifyPluginCallback<GreenthreadsOptions> = Object.assign(
  (fastify: FastifyInstance, options: GreenthreadsOptions, done: (error?: Error) => void) => {
    if (fastify.hasRequestDecorator(scopeKey)) {
      done(new AlreadyRegisteredError())
      return
    }
    fastify.decorateRequest(scopeKey, null)
    const { cancelOnDisconnect = true, admission } = options
    fastify.addHook('onRequest', (request, reply, next) => {
      const scope = RequestScope.of(request)
      if (cancelOnDisconnect) scope.followClient(reply)
      if (admission === undefined) next()
      else admit(admission, scope, request, reply, next)
    })
    // Makes a reply known also where no other hook is called for it.
    fastify.addHook('onSend', (request, _reply, payload, next) => {
      RequestScope.of(request).replyCount++
      next(null, payload)
    })
    wrapRoutes(fastify)
    wrapDeclarations(fastify)
    done()
  },
  {
    // The plugin is for the instance that registers it, not for a child of its own.
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'greenthreads',
    [Symbol.for('plugin-meta')]: { name: 'greenthreads', fastify: '5.x' },
  },
)

function wrapRoutes(fastify: FastifyInstance): void {
  const { handlerTimeout: instanceTimeoutMs = 0 } = fastify.initialConfig as {
    handlerTimeout?: number // missing in Fastify's types
  }
  fastify.addHook('onRoute', (route: RouteOptions) => {
    const name = `${route.method} ${route.url}`
    const timeoutMs = route.handlerTimeout ?? instanceTimeoutMs
    route.handler = greenHandler(route.handler, name, 0, timeoutMs)
    if (route.errorHandler !== undefined) {
      route.errorHandler = greenHandler(route.errorHandler, `error handler of ${name}`, 1)
    }
    wrapHooks(route as unknown as Hooked)
  })
}

/** Replaces the methods on this instance; its children inherit them with the prototype. */
function wrapDeclarations(fastify: FastifyInstance): void {
  const methods = fastify as unknown as Record<string, Method>

  replace(methods, 'addHook', (name, hook) => {
    const kind = hookKinds[name as string]
    return [name, kind === undefined ? hook : unlessInvalid(hook, kind)]
  })
  replace(methods, 'setErrorHandler', (handler) => [
    isStage(handler) ? greenHandler(handler, 'error handler', 1) : handler,
  ])
  replace(methods, 'setNotFoundHandler', (...args) =>
    args.map((arg) =>
      isStage(arg) ? greenHandler(arg, 'not-found handler', 0) : withGreenHooks(arg),
    ),
  )
  replace(methods, 'addContentTypeParser', (...args) =>
    args.map((arg) => (isStage(arg) ? greenHook(arg, parserKind) : arg)),
  )
}

type Method = (this: unknown, ...args: unknown[]) => unknown
type Hooked = Record<string, unknown>

function replace(
  methods: Record<string, Method>,
  name: string,
  wrapArguments: (...args: unknown[]) => unknown[],
): void {
  const method = methods[name] as Method
  methods[name] = function (this: unknown, ...args: unknown[]): unknown {
    return method.apply(this, wrapArguments(...args))
  }
}

function wrapHooks(declaration: Hooked): void {
  for (const [name, kind] of Object.entries(hookKinds)) {
    const hooks = declaration[name]
    if (isStage(hooks)) {
      declaration[name] = greenHook(hooks, kind)
    } else if (Array.isArray(hooks)) {
      declaration[name] = hooks.map((hook) => unlessInvalid(hook, kind))
    }
  }
}

/** What Fastify rejects with an error of its own, it must see as it is. */
function unlessInvalid(hook: unknown, kind: StageKind): unknown {
  const isValid = isStage(hook) && !isAsyncWithDone(hook, kind.donePosition)
  return isValid ? greenHook(hook, kind) : hook
}

function withGreenHooks(options: unknown): unknown {
  if (typeof options !== 'object' || options === null) return options
  const copy = { ...options } as Hooked
  wrapHooks(copy)
  return copy
}

function isStage(value: unknown): value is Stage {
  return typeof value === 'function'
}
