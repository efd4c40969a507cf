import { availableParallelism } from 'node:os'
import type { ResourceLimits } from 'node:worker_threads'
import { InvalidArgumentError, OffloadError } from '../index.ts'
import { WaitQueue } from '../lowlevel.ts'
import { type PackedError, unpack } from './offload-error.ts'
import type { Task } from './offload-task.ts'

export interface OffloadPoolOptions {
  /** The most workers at once; by default as many as the machine has processors. */
  maxThreads?: number
  /** Workers that stay when there is nothing to do; by default 0. */
  minThreads?: number
  /** How long a worker stays when there is nothing to do; by default 10 seconds. */
  idleTimeoutMs?: number
  /** The most calls that wait for a worker; one more is refused. By default there is no limit. */
  maxQueue?: number
  /** Limits of memory and stack of each worker, as for `new Worker()`. */
  resourceLimits?: ResourceLimits
}

/** What a worker answers. */
export type Answer =
  | { readonly value: unknown }
  | { readonly failure: PackedError | undefined; readonly thrown: unknown }

/** Workers, and the calls that wait for one: first come, first served. */
export class OffloadPool {
  readonly #options: Required<Omit<OffloadPoolOptions, 'resourceLimits'>>
  readonly #resourceLimits: ResourceLimits | undefined
  readonly #waiting = new WaitQueue({
    call: 'offload()',
    inAsyncCode: 'await offloadAsync(...)',
  })
  #workers: Promise<Workers> | undefined = undefined
  #running = 0
  #isRetired = false

  constructor(options: OffloadPoolOptions = {}) {
    const {
      maxThreads = availableParallelism(),
      minThreads = 0,
      idleTimeoutMs = 10_000,
      maxQueue = Number.POSITIVE_INFINITY,
    } = options
    checkCount('maxThreads', maxThreads, 1)
    checkCount('minThreads', minThreads, 0, maxThreads)
    checkCount('idleTimeoutMs', idleTimeoutMs, 0)
    if (maxQueue !== Number.POSITIVE_INFINITY) checkCount('maxQueue', maxQueue, 0)
    this.#options = { maxThreads, minThreads, idleTimeoutMs, maxQueue }
    this.#resourceLimits = options.resourceLimits
  }

  async run(task: Task, transferList: readonly object[], signal: AbortSignal): Promise<unknown> {
    await this.#enter(task, signal)
    try {
      this.#workers ??= this.#start()
      return result(await answerOf(await this.#workers, task, transferList, signal))
    } finally {
      this.#leave()
    }
  }

  /** Takes no more calls; the workers end with the last one. */
  retire(): void {
    this.#isRetired = true
    if (this.#running === 0) this.#close()
  }

  async #enter({ name }: Task, signal: AbortSignal): Promise<void> {
    const { maxThreads, maxQueue } = this.#options
    if (this.#running < maxThreads) {
      this.#running++
    } else if (this.#waiting.length < maxQueue) {
      await this.#waiting.promise({ signal }) // it is handed the place of another one
    } else {
      throw new OffloadError(
        'ERR_GT_OFFLOAD_QUEUE_FULL',
        `${name} was not offloaded: ${maxThreads} calls run and ${maxQueue} wait already.\n` +
          'Refuse the work that is behind it, or raise `maxThreads` or `maxQueue` by configureOffload().',
      )
    }
  }

  #leave(): void {
    if (this.#waiting.unparkOne()) return
    this.#running--
    if (this.#isRetired && this.#running === 0) this.#close()
  }

  // Its own queue stays empty: it neither keeps the order nor a limit for calls that can be aborted.
  async #start(): Promise<Workers> {
    const { maxThreads, minThreads, idleTimeoutMs } = this.#options
    const { Piscina } = await loadPiscina()
    return new Piscina({
      filename: new URL('./offload-worker.js', import.meta.url).href,
      name: 'runTask',
      maxThreads,
      minThreads,
      idleTimeout: idleTimeoutMs,
      ...(this.#resourceLimits === undefined ? {} : { resourceLimits: this.#resourceLimits }),
    }) as Workers
  }

  #close(): void {
    const workers = this.#workers
    this.#workers = undefined
    // That it did not start was told to the call that started it.
    workers?.then(
      (pool) => pool.close(),
      () => {},
    )
  }
}

/** The part of Piscina that is used, so that our declarations do not need its own. */
interface Workers {
  run(
    task: Task,
    options: { transferList: readonly object[]; signal: AbortSignal },
  ): Promise<Answer>
  close(): Promise<void>
}

async function loadPiscina(): Promise<{ Piscina: new (options: object) => unknown }> {
  try {
    return await import('piscina')
  } catch (error) {
    throw new OffloadError(
      'ERR_GT_OFFLOAD_NO_PISCINA',
      'offload() runs its workers with the package piscina, which could not be loaded: npm install piscina',
      error,
    )
  }
}

async function answerOf(
  workers: Workers,
  task: Task,
  transferList: readonly object[],
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return await workers.run(task, { transferList, signal })
  } catch (error) {
    throw signal.aborted ? signal.reason : failure(task, error as Error)
  }
}

function failure({ name }: Task, cause: unknown): OffloadError {
  const reason = cloneProblem(cause)
  if (reason === undefined) {
    return new OffloadError(
      'ERR_GT_OFFLOAD_WORKER_LOST',
      `The worker ended before ${name} was done: ${(cause as Error).message}\n` +
        'It ran out of memory, ended its process, or an error was thrown where nothing could catch it.',
      cause,
    )
  }
  return new OffloadError(
    'ERR_GT_OFFLOAD_NOT_CLONEABLE',
    `An argument or the result of ${name} can't be sent to another thread: ${reason}\n` +
      'Send plain data; functions and what contains functions stay where they are.',
    cause,
  )
}

/** Of the error in the worker only the stack arrives, and on Node.js 20 an empty object. */
function cloneProblem(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return 'it is a function or contains one'
  return /^DataCloneError: (.*)/.exec(String(cause.stack))?.[1]
}

function result(answer: Answer): unknown {
  if ('value' in answer) return answer.value
  throw answer.failure === undefined ? answer.thrown : unpack(answer.failure)
}

function checkCount(name: string, value: unknown, least: number, most = 2 ** 31 - 1): void {
  const isValid = Number.isInteger(value) && (value as number) >= least && (value as number) <= most
  if (!isValid) throw new InvalidArgumentError(name, `an integer from ${least} to ${most}`, value)
}
