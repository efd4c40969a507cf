import type { AdmissionRefusal } from '../index.ts'
import { clock } from '../lowlevel.ts'

export interface RouteSnapshot {
  /** What the integration calls it; undefined for requests that are counted together. */
  readonly route: string | undefined
  readonly running: number
  readonly queued: number
  readonly admitted: number
  readonly refused: Readonly<Record<AdmissionRefusal, number>>
  /** Left the queue because their client was gone. */
  readonly abandoned: number
}

/** The requests of one route: those that are served, those that wait, and how many there were. */
export class AdmissionRoute {
  readonly name: string | undefined
  running = 0
  queued = 0
  #admitted = 0
  #abandoned = 0
  readonly #refused: Record<AdmissionRefusal, number> = { 'queue-full': 0, 'queue-timeout': 0 }
  /** In the order of their coming. Those that left from the middle stay until they are the first. */
  readonly #queue: AdmissionEntry[] = []

  constructor(name: string | undefined) {
    this.name = name
  }

  /** Who has waited longest. */
  get first(): AdmissionEntry | undefined {
    return this.#queue[0]
  }

  push(entry: AdmissionEntry): void {
    this.#queue.push(entry)
    this.queued++
  }

  /** `entry` waits no longer. */
  settle(): void {
    this.queued--
    while (this.#queue.length > 0 && this.#queue[0]?.state !== 'waiting') this.#queue.shift()
  }

  countAdmitted(): void {
    this.#admitted++
  }

  countRefused(reason: AdmissionRefusal): void {
    this.#refused[reason]++
  }

  countAbandoned(): void {
    this.#abandoned++
  }

  snapshot(): RouteSnapshot {
    return {
      route: this.name,
      running: this.running,
      queued: this.queued,
      admitted: this.#admitted,
      refused: { ...this.#refused },
      abandoned: this.#abandoned,
    }
  }
}

/** One request, from its coming to its end. */
export class AdmissionEntry {
  readonly route: AdmissionRoute
  readonly order: number
  readonly #onLeave: (entry: AdmissionEntry) => void
  #state: 'new' | 'waiting' | 'served' | 'over' = 'new'
  #begin: (() => void) | undefined
  #timer: unknown

  constructor(route: AdmissionRoute, order: number, onLeave: (entry: AdmissionEntry) => void) {
    this.route = route
    this.order = order
    this.#onLeave = onLeave
  }

  get state(): 'new' | 'waiting' | 'served' | 'over' {
    return this.#state
  }

  /** The request is over, or nobody waits for it any more: its place goes to the next. */
  leave(): void {
    if (this.#state !== 'over') this.#onLeave(this)
  }

  serve(): void {
    this.#state = 'served'
    this.route.running++
    this.route.countAdmitted()
  }

  enqueue(begin: () => void, timeoutMs: number, onTimeout: () => void): void {
    this.#state = 'waiting'
    this.#begin = begin
    if (timeoutMs < Number.POSITIVE_INFINITY) this.#timer = clock.setTimer(onTimeout, timeoutMs)
    this.route.push(this)
  }

  dequeue(): void {
    this.#state = 'new'
    if (this.#timer !== undefined) clock.clearTimer(this.#timer)
    this.route.settle()
  }

  /** On a stack of its own: whoever made room for it goes on first. */
  beginSoon(): void {
    queueMicrotask(() => {
      if (this.#state === 'served') this.#begin?.()
    })
  }

  end(): void {
    this.#state = 'over'
  }
}
