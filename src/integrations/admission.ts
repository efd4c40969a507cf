import { AsyncResource } from 'node:async_hooks'
import { type AdmissionRefusal, AdmissionRefusedError, InvalidArgumentError } from '../index.ts'
import { checkTimeout } from '../lowlevel.ts'
import { AdmissionEntry, AdmissionRoute, type RouteSnapshot } from './admission-route.ts'

export interface AdmissionOptions {
  /** Most requests that are served at once; `Infinity` for no limit. */
  maxConcurrent: number
  /** Most requests that wait for their turn. Default: as many as `maxConcurrent`. */
  maxQueue?: number
  /** Longest wait for a turn. Default: 1000. */
  queueTimeoutMs?: number
  /**
   * The part of `maxConcurrent` and of `maxQueue` that one route may take, above 0 and up to 1, so that
   * a slow route which is popular never takes everything. Default: 0.5.
   */
  perRouteShare?: number
  /** What a client that was refused reads in `Retry-After`, in whole seconds. Default: 1000. */
  retryAfterMs?: number
}

export interface AdmissionSnapshot {
  readonly running: number
  readonly queued: number
  readonly options: Readonly<Required<AdmissionOptions>>
  /** Every route that has had a request. */
  readonly routes: readonly RouteSnapshot[]
}

/**
 * Decides which requests a server takes: so many at once, of one route no more than its share, the others
 * wait in a bounded queue for a bounded time, and what goes beyond is refused at once. Whoever has waited
 * longest is next; a request whose route has its share lets others overtake it.
 *
 * Give it to the plugin `greenthreads/fastify` or to `greenHandler` of `greenthreads/http`. One may serve
 * several servers.
 *
 * ```ts
 * import Fastify from 'fastify'
 * import { Admission, greenthreads } from 'greenthreads/fastify'
 *
 * const admission = new Admission({ maxConcurrent: 2000, maxQueue: 500 })
 * const app = Fastify()
 * await app.register(greenthreads, { admission })
 * app.get('/health', { config: { admission: false } }, () => 'ok')
 * app.get('/load', { config: { admission: false } }, () => admission.snapshot())
 * ```
 */
export class Admission {
  readonly #routes = new Map<string | undefined, AdmissionRoute>()
  readonly #waitingRoutes = new Set<AdmissionRoute>()
  #options: Required<AdmissionOptions>
  #running = 0
  #queued = 0
  #lastOrder = 0

  constructor(options: AdmissionOptions) {
    this.#options = checkedOptions(options)
  }

  /** Other limits from now on. Those who are being served stay; those who wait go on if they may. */
  change(changes: Partial<AdmissionOptions>): void {
    this.#options = checkedOptions({ ...this.#options, ...changes })
    this.#serveWaiting()
  }

  /** What goes on now, and what each route has come to since the start. */
  snapshot(): AdmissionSnapshot {
    return {
      running: this.#running,
      queued: this.#queued,
      options: { ...this.#options },
      routes: [...this.#routes.values()].map((route) => route.snapshot()),
    }
  }

  /**
   * For authors of integrations: a request has come. Calls `begin` when it may be served, at once or from a
   * microtask in the caller's async context, or `refuse`; neither once the entry was left.
   *
   * @param route what to count it as, of a limited set of names; without one, no share limits it.
   */
  enter(
    route: string | undefined,
    begin: () => void,
    refuse: (error: AdmissionRefusedError) => void,
  ): AdmissionEntry {
    const counted = this.#routeOf(route)
    const entry = new AdmissionEntry(counted, ++this.#lastOrder, (left) => this.#leave(left))
    if (this.#mayServe(counted)) {
      this.#serve(entry)
      begin()
    } else if (this.#mayQueue(counted)) {
      this.#enqueue(entry, AsyncResource.bind(begin), AsyncResource.bind(refuse))
    } else {
      entry.end()
      refuse(this.#refusal(counted, 'queue-full'))
    }
    return entry
  }

  #routeOf(name: string | undefined): AdmissionRoute {
    let route = this.#routes.get(name)
    if (route === undefined) {
      route = new AdmissionRoute(name)
      this.#routes.set(name, route)
    }
    return route
  }

  #mayServe(route: AdmissionRoute): boolean {
    const { maxConcurrent } = this.#options
    return this.#running < maxConcurrent && route.running < this.#shareOf(route, maxConcurrent)
  }

  #mayQueue(route: AdmissionRoute): boolean {
    const { maxQueue } = this.#options
    return this.#queued < maxQueue && route.queued < this.#shareOf(route, maxQueue)
  }

  #shareOf(route: AdmissionRoute, all: number): number {
    return route.name === undefined
      ? all
      : Math.max(1, Math.floor(all * this.#options.perRouteShare))
  }

  #serve(entry: AdmissionEntry): void {
    this.#running++
    entry.serve()
  }

  #enqueue(
    entry: AdmissionEntry,
    begin: () => void,
    refuse: (error: AdmissionRefusedError) => void,
  ): void {
    this.#queued++
    this.#waitingRoutes.add(entry.route)
    entry.enqueue(begin, this.#options.queueTimeoutMs, () => {
      this.#dequeue(entry)
      entry.end()
      refuse(this.#refusal(entry.route, 'queue-timeout'))
    })
  }

  #dequeue(entry: AdmissionEntry): void {
    this.#queued--
    entry.dequeue()
    if (entry.route.queued === 0) this.#waitingRoutes.delete(entry.route)
  }

  #leave(entry: AdmissionEntry): void {
    if (entry.state === 'waiting') {
      entry.route.countAbandoned()
      this.#dequeue(entry)
    } else if (entry.state === 'served') {
      this.#running--
      entry.route.running--
    }
    entry.end()
    this.#serveWaiting()
  }

  #serveWaiting(): void {
    for (let entry = this.#nextEntry(); entry !== undefined; entry = this.#nextEntry()) {
      this.#dequeue(entry)
      this.#serve(entry)
      entry.beginSoon()
    }
  }

  /** Of all who may be served the one who has waited longest. */
  #nextEntry(): AdmissionEntry | undefined {
    let next: AdmissionEntry | undefined
    for (const route of this.#waitingRoutes) {
      const { first } = route
      if (first === undefined || !this.#mayServe(route)) continue
      if (next === undefined || first.order < next.order) next = first
    }
    return next
  }

  #refusal(route: AdmissionRoute, reason: AdmissionRefusal): AdmissionRefusedError {
    route.countRefused(reason)
    const { retryAfterMs } = this.#options
    return new AdmissionRefusedError({
      reason,
      route: route.name,
      running: { all: this.#running, route: route.running },
      queued: { all: this.#queued, route: route.queued },
      retryAfterMs,
    })
  }
}

function checkedOptions(options: AdmissionOptions): Required<AdmissionOptions> {
  const {
    maxConcurrent,
    maxQueue = maxConcurrent,
    queueTimeoutMs = 1000,
    perRouteShare = 0.5,
    retryAfterMs = 1000,
  } = options
  checkCount('maxConcurrent', maxConcurrent, 1)
  checkCount('maxQueue', maxQueue, 0)
  checkTimeout('queueTimeoutMs', queueTimeoutMs)
  checkTimeout('retryAfterMs', retryAfterMs)
  if (!(typeof perRouteShare === 'number' && perRouteShare > 0 && perRouteShare <= 1)) {
    throw new InvalidArgumentError('perRouteShare', 'a number above 0 and up to 1', perRouteShare)
  }
  return { maxConcurrent, maxQueue, queueTimeoutMs, perRouteShare, retryAfterMs }
}

function checkCount(name: string, value: unknown, least: number): void {
  const isCount = Number.isInteger(value) || value === Number.POSITIVE_INFINITY
  if (isCount && (value as number) >= least) return
  throw new InvalidArgumentError(name, `a whole number from ${least}, or Infinity`, value)
}
