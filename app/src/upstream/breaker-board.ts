import type { Redis } from 'ioredis'

/** Where the replicas of the service tell each other which upstreams can't be reached. */
export interface BreakerBoard {
  announceOpen(upstream: string, openMs: number): void
  announceClosed(upstream: string): void
  /** Another replica has found an upstream inaccessible for so long, or, with 0, well again. */
  onAnnouncement(upstream: string, heard: (openMs: number) => void): void
}

interface Announcement {
  readonly from: string
  readonly upstream: string
  readonly openMs: number
}

export interface BoardOptions {
  readonly redis: Redis
  /** Begins the names of keys and of the channel. */
  readonly prefix: string
  /** This replica, which does not listen to itself. */
  readonly self: string
  readonly onError: (error: Error) => void
}

/**
 * Announcements through Redis: published to the replicas that run, and kept for those that start meanwhile.
 * A Redis that can't be reached leaves each replica with what it finds out itself.
 */
export class RedisBreakerBoard implements BreakerBoard {
  readonly #redis: Redis
  readonly #subscriber: Redis
  readonly #prefix: string
  readonly #self: string
  readonly #onError: (error: Error) => void
  readonly #subscribed: Promise<unknown>
  #isClosed = false
  readonly #listeners = new Map<string, (openMs: number) => void>()

  constructor({ redis, prefix, self, onError }: BoardOptions) {
    this.#redis = redis
    this.#prefix = prefix
    this.#self = self
    this.#onError = (error) => {
      if (!this.#isClosed) onError(error)
    }
    this.#subscriber = redis.duplicate()
    this.#subscriber.on('error', this.#onError)
    this.#subscriber.on('message', (_channel, text: string) => this.#hear(text))
    this.#subscribed = this.#subscriber.subscribe(this.#channel)
    this.#subscribed.catch(this.#onError)
  }

  announceOpen(upstream: string, openMs: number): void {
    this.#redis
      .set(this.#keyOf(upstream), this.#self, 'PX', openMs)
      .then(() => this.#publish(upstream, openMs))
      .catch(this.#onError)
  }

  announceClosed(upstream: string): void {
    this.#redis
      .del(this.#keyOf(upstream))
      .then(() => this.#publish(upstream, 0))
      .catch(this.#onError)
  }

  onAnnouncement(upstream: string, heard: (openMs: number) => void): void {
    this.#listeners.set(upstream, heard)
    // Not before we hear what others say: between the two an announcement would be lost.
    this.#subscribed
      .then(() => this.#redis.pttl(this.#keyOf(upstream)))
      .then((remainingMs) => {
        if (remainingMs > 0) heard(remainingMs)
      })
      .catch(this.#onError)
  }

  close(): void {
    this.#isClosed = true
    this.#subscriber.disconnect()
  }

  #publish(upstream: string, openMs: number): Promise<number> {
    const announcement: Announcement = { from: this.#self, upstream, openMs }
    return this.#redis.publish(this.#channel, JSON.stringify(announcement))
  }

  #hear(text: string): void {
    const { from, upstream, openMs } = JSON.parse(text) as Announcement
    if (from !== this.#self) this.#listeners.get(upstream)?.(openMs)
  }

  get #channel(): string {
    return `${this.#prefix}:breakers`
  }

  #keyOf(upstream: string): string {
    return `${this.#prefix}:breaker:${upstream}`
  }
}
