import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

export interface Percentiles {
  readonly count: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

/** Durations since the last look at them. */
export class Durations {
  readonly #histogram = createHistogram()

  record(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * 1000)))
  }

  take(): Percentiles {
    const percentiles = {
      count: this.#histogram.count,
      p50Ms: this.#percentile(50),
      p95Ms: this.#percentile(95),
      p99Ms: this.#percentile(99),
    }
    this.#histogram.reset()
    return percentiles
  }

  #percentile(percentile: number): number {
    return this.#histogram.count === 0 ? 0 : this.#histogram.percentile(percentile) / 1000
  }
}

/** How late the event loop comes to its timers: how long one piece of code kept all others waiting. */
export class LoopDelay {
  readonly #monitor = monitorEventLoopDelay({ resolution })

  constructor() {
    this.#monitor.enable()
  }

  /** The longest since the last look. */
  take(): number {
    const { max } = this.#monitor
    this.#monitor.reset()
    return max === 0 ? 0 : Math.max(0, max / 1e6 - resolution)
  }

  close(): void {
    this.#monitor.disable()
  }
}

const resolution = 20
