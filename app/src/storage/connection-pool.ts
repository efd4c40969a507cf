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

/** A server that has gone silent may keep neither the places of connections that were given up nor a process that closes. */
const mostEndMs = 15_000

/**
 * So many connections for the whole process, in the order in which they are asked for. The place of one that is
 * destroyed is free when the server has let go of it, so that the server never has more of them either.
 */
export class ConnectionPool {
  readonly #pool: pg.Pool
  readonly #options: PoolOptions
  readonly #places: Semaphore
  readonly #open = new Set<pg.PoolClient>()

  constructor(options: PoolOptions, config: pg.PoolConfig) {
    this.#options = options
    this.#places = new Semaphore(options.most)
    this.#pool = new pg.Pool({ ...config, max: options.most })
    this.#pool.on('error', options.onIdleError)
    this.#pool.on('connect', (client) => {
      this.#open.add(client)
      client.once('end', () => this.#open.delete(client))
    })
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
    void this.#whenEnded(client).then(() => this.#places.release())
    client.release(true)
  }

  /** Resolves when the server has let go of every connection, which `pg.Pool` does not wait for. */
  async close(): Promise<void> {
    await this.#pool.end()
    await Promise.all(Array.from(this.#open, (client) => this.#whenEnded(client)))
  }

  /** Resolves when the server has let go of the connection. */
  #whenEnded(client: pg.PoolClient): Promise<void> {
    if (!this.#open.has(client)) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, mostEndMs).unref()
      client.once('end', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

function noConnection({ most, queueTimeoutMs }: PoolOptions): Problem {
  return new Problem(
    'unavailable',
    'DATABASE_BUSY',
    `None of the ${most} connections to the database became free within ${queueTimeoutMs} ms; try again later.`,
  )
}
