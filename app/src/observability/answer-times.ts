import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

export interface RouteFigures {
  readonly route: string
  readonly answers: number
  /** 429 and 503: we said that it is too much just now. */
  readonly refused: number
  /** All other 5xx. */
  readonly failed: number
  readonly p50Ms: number
  readonly p99Ms: number
}

interface Counts {
  readonly times: RecordableHistogram
  answers: number
  refused: number
  failed: number
}

/** How many answers there were since the last look, of which kind, and how long they took. */
export class AnswerTimes {
  #routes = new Map<string, Counts>()

  record(route: string, statusCode: number, elapsedMs: number): void {
    const counts = this.#countsOf(route)
    counts.answers++
    if (statusCode === 429 || statusCode === 503) counts.refused++
    else if (statusCode >= 500) counts.failed++
    // The histogram takes whole numbers from 1.
    counts.times.record(Math.max(1, Math.round(elapsedMs * 1000)))
  }

  /** Of all routes that were asked since the last call, the most popular first. */
  take(): RouteFigures[] {
    const routes = [...this.#routes].map(([route, { times, answers, refused, failed }]) => ({
      route,
      answers,
      refused,
      failed,
      p50Ms: milliseconds(times.percentile(50)),
      p99Ms: milliseconds(times.percentile(99)),
    }))
    this.#routes = new Map()
    return routes.sort((one, other) => other.answers - one.answers)
  }

  #countsOf(route: string): Counts {
    let counts = this.#routes.get(route)
    if (counts === undefined) {
      counts = { times: createHistogram(), answers: 0, refused: 0, failed: 0 }
      this.#routes.set(route, counts)
    }
    return counts
  }
}

function milliseconds(microseconds: number): number {
  return Math.round(microseconds / 100) / 10
}
