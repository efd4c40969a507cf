import type { FastifyInstance } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Figures } from './figures.ts'

type OnAnswer = (route: string, statusCode: number, ms: number) => void

/** What Prometheus reads. Figures that others count are fetched when it asks. */
export class Metrics {
  readonly registry = new Registry()
  readonly #durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the coming of a request to the end of its response',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  })

  readonly #clientErrors = new Counter({
    name: 'http_client_errors_total',
    help: 'Connections that brought no HTTP request, or none in time',
    labelNames: ['code'],
    registers: [this.registry],
  })

  constructor(figures: () => Figures) {
    collectDefaultMetrics({ register: this.registry })
    const { gauge, counter } = declarationsIn(this.registry)
    const sets: ((now: Figures) => void)[] = []

    const threads = gauge('green_threads_waiting', 'Green threads that are suspended')
    sets.push(({ waiting }) => threads.set(waiting.total))

    const running = gauge('admission_running', 'Requests that are served', ['route'])
    const queued = gauge('admission_queued', 'Requests that wait for their turn', ['route'])
    const admitted = counter('admission_admitted_total', 'Requests that were taken', ['route'])
    const refused = counter('admission_refused_total', 'Requests refused', ['route', 'reason'])
    sets.push(({ admission }) => {
      for (const { route = 'all', ...counts } of admission.routes) {
        running.set({ route }, counts.running)
        queued.set({ route }, counts.queued)
        admitted.inc({ route }, counts.admitted)
        for (const [reason, count] of Object.entries(counts.refused)) {
          refused.inc({ route, reason }, count)
        }
      }
    })

    const limited = counter('client_limit_refused_total', 'Requests over the limit of their client')
    sets.push(({ clientLimits }) => limited.inc(clientLimits.refused))

    const calls = gauge('upstream_running', 'Calls to an upstream under way', ['upstream'])
    const waiting = gauge('upstream_queued', 'Calls that wait for a connection', ['upstream'])
    const retried = counter('upstream_retried_total', 'Calls that were tried again', ['upstream'])
    const isOpen = gauge('breaker_open', '1 while an upstream is left in peace', ['upstream'])
    const opened = counter('breaker_opened_total', 'How often that began', ['upstream'])
    const spared = counter('breaker_refused_total', 'Calls refused meanwhile', ['upstream'])
    sets.push(({ upstreams }) => {
      for (const { upstream, breaker, ...counts } of upstreams) {
        calls.set({ upstream }, counts.running)
        waiting.set({ upstream }, counts.queued)
        retried.inc({ upstream }, counts.retried)
        isOpen.set({ upstream }, breaker.state === 'closed' ? 0 : 1)
        opened.inc({ upstream }, breaker.opened)
        spared.inc({ upstream }, breaker.refused)
      }
    })

    const pool = gauge('database_connections', 'Connections of the pool', ['state'])
    sets.push(({ connections }) => {
      for (const [state, count] of Object.entries(connections ?? {})) pool.set({ state }, count)
    })

    // Together with the first that is read, so that all are of one moment.
    Object.assign(threads, {
      collect: () => {
        for (const counted of [admitted, refused, limited, retried, opened, spared]) counted.reset()
        const now = figures()
        for (const set of sets) set(now)
      },
    })
  }

  countClientError(code: string): void {
    this.#clientErrors.inc({ code })
  }

  /** Counts every response from here on. */
  follow(server: FastifyInstance, onAnswer: OnAnswer): void {
    server.addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'unknown'
      const status = reply.statusCode
      this.#durations.observe({ method: request.method, route, status }, reply.elapsedTime / 1000)
      onAnswer(`${request.method} ${route}`, status, reply.elapsedTime)
      done()
    })
  }
}

function declarationsIn(registry: Registry) {
  const registers = [registry]
  return {
    gauge: (name: string, help: string, labelNames: string[] = []) =>
      new Gauge({ name, help, labelNames, registers }),
    counter: (name: string, help: string, labelNames: string[] = []) =>
      new Counter({ name, help, labelNames, registers }),
  }
}
