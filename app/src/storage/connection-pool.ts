import { Semaphore } from 'greenthreads'
import pg from 'pg'
import { Problem } from '../domain/errors.ts'
import type { ConnectionCounts } from './driver.ts'

export interface PoolOptions {
  /** Most connections of the process. */
  readonly most: number
  /** Longest wait for one of them. */
  readonly queueTimeoutMs: number
  readonly onIdleError: (error: Error) => void
}

/** A server that has gone silent may not keep the places of connections that were given up. */
const mostEndMs = 15_000

/**
 * So many connections for the whole process, in the order in which they are asked for. The place of one that is
 * destroyed is free when the server has let go of it, so that the server never has more of them either.
 */
export class ConnectionPool {
  readonly #pool: pg.Pool
  readonly #options: PoolOptions
  readonly #places: Semaphore
  readonly #ended = new WeakSet<object>()

  constructor(options: PoolOptions, config: pg.PoolConfig) {
    this.#options = options
    this.#places = new Semaphore(options.most)
    this.#pool = new pg.Pool({ ...config, max: options.most })
    this.#pool.on('error', options.onIdleError)
    this.#pool.on('connect', (client) => client.once('end', () => this.#ended.add(client)))
  }

  get counts(): ConnectionCounts {
    const { totalCount, idleCount } = this.#pool
    const { most } = this.#options
    return { most, open: totalCount, idle: idleCount, waiting: this.#places.waiting }
  }

  /** Waits for the right to connect. For code in a green thread: one that is cancelled meanwhile takes no place. */
  takePlace(): void {
    if (!this.#places.acquire(this.#options.queueTimeoutMs)) throw noConnection(this.#options)
  }

  async takePlaceAsync(): Promise<void> {
    const { queueTimeoutMs: timeoutMs } = this.#options
    if (!(await this.#places.acquireAsync({ timeoutMs }))) throw noConnection(this.#options)
  }

  /** A connection for the place that was taken, which is free again after `giveBack` or `destroy`. */
  async connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect()
    } catch (error) {
      this.#places.release()
      throw error
    }
  }

  giveBack(client: pg.PoolClient): void {
    client.release()
    this.#places.release()
  }

  destroy(client: pg.PoolClient): void {
    if (this.#ended.has(client)) this.#places.release()
    else this.#releaseAtEnd(client)
    client.release(true)
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  #releaseAtEnd(client: pg.PoolClient): void {
    let hasPlace = true
    const release = (): void => {
      clearTimeout(timer)
      if (hasPlace) this.#places.release()
      hasPlace = false
    }
    const timer = setTimeout(release, mostEndMs).unref()
    client.once('end', release)
  }
}

function noConnection({ most, queueTimeoutMs }: PoolOptions): Problem {
  return new Problem(
    'unavailable',
    'DATABASE_BUSY',
    `None of the ${most} connections to the database became free within ${queueTimeoutMs} ms; try again later.`,
  )
}
