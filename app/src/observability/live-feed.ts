import { Readable } from 'node:stream'
import { AnswerTimes, type RouteFigures } from './answer-times.ts'
import type { Crowd, CrowdFigures } from './crowd.ts'
import { Durations, LoopDelay, type Percentiles } from './durations.ts'
import type { Figures } from './figures.ts'

/** What the dashboard is told again and again. */
export interface LiveFigures extends Figures {
  /** Responses since the last event. */
  readonly responses: Percentiles
  /** The same by routes, the busiest first. */
  readonly routes: readonly RouteFigures[]
  /** How long ago the last event was. */
  readonly seconds: number
  readonly loopDelayMs: number
  /** Clients that try the service, where there are any. */
  readonly crowd: CrowdFigures | undefined
}

export interface LiveFeedOptions {
  readonly figures: () => Figures
  readonly crowd: Crowd | undefined
  /** Called when the first begins to look on, and when the last has left. */
  readonly onWatched: (isWatched: boolean) => void
}

const everyMs = 1000

/** Figures as server-sent events, the same for all who look on; measured only while somebody does. */
export class LiveFeed {
  readonly #options: LiveFeedOptions
  readonly #durations = new Durations()
  readonly #answers = new AnswerTimes()
  readonly #spectators = new Set<Readable>()
  #loopDelay: LoopDelay | undefined
  #timer: NodeJS.Timeout | undefined
  #takenAt = 0

  constructor(options: LiveFeedOptions) {
    this.#options = options
  }

  get spectators(): number {
    return this.#spectators.size
  }

  record(route: string, statusCode: number, ms: number): void {
    if (this.#timer === undefined) return
    this.#durations.record(ms)
    this.#answers.record(route, statusCode, ms)
  }

  /** A stream of events, the first of which comes at once. Destroy it to look on no longer. */
  open(): Readable {
    const spectator = new Readable({ read() {} })
    spectator.once('close', () => this.#leave(spectator))
    this.#spectators.add(spectator)
    this.#start()
    spectator.push(`retry: ${everyMs}\n\n${eventOf(this.#take())}`)
    return spectator
  }

  /** Ends all streams, so that their connections do not hold up the end of the server. */
  close(): void {
    for (const spectator of [...this.#spectators]) this.end(spectator)
  }

  /** Ends one stream after what was written to it. */
  end(spectator: Readable): void {
    if (!this.#spectators.has(spectator)) return
    spectator.push(null)
    this.#leave(spectator)
  }

  #start(): void {
    if (this.#timer !== undefined) return
    this.#loopDelay = new LoopDelay()
    this.#durations.take()
    this.#answers.take()
    this.#takenAt = performance.now()
    this.#timer = setInterval(() => this.#tell(), everyMs)
    this.#options.onWatched(true)
  }

  #tell(): void {
    const event = eventOf(this.#take())
    for (const spectator of this.#spectators) {
      // One who does not read gets no more to keep: the next event says what counts then.
      if (spectator.readableLength < mostUnreadChars) spectator.push(event)
    }
  }

  #leave(spectator: Readable): void {
    this.#spectators.delete(spectator)
    if (this.#spectators.size > 0 || this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#loopDelay?.close()
    this.#options.onWatched(false)
  }

  #take(): LiveFigures {
    const { figures, crowd } = this.#options
    const now = performance.now()
    const seconds = Math.max(0.001, (now - this.#takenAt) / 1000)
    this.#takenAt = now
    return {
      ...figures(),
      responses: this.#durations.take(),
      routes: this.#answers.take(),
      seconds,
      crowd: crowd?.figures,
      loopDelayMs: this.#loopDelay?.take() ?? 0,
    }
  }
}

const mostUnreadChars = 64 * 1024

function eventOf(figures: LiveFigures): string {
  return `event: figures\ndata: ${JSON.stringify(figures)}\n\n`
}
