import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { getSystemErrorMap } from 'node:util'
import { type ChildOptions, inputOf, maxBufferBytes } from './child-options.ts'
import { carryOutStoppably, type Done } from './operation.ts'

/** What `spawnSync` returns. */
export interface ChildResult {
  error?: Error
  status: number | null
  signal: NodeJS.Signals | null
  output: (Buffer | string | null)[]
  pid: number
  stdout: Buffer | string | null
  stderr: Buffer | string | null
}

/** The system keeps so much for a child that does not read. */
const PIPE_BYTES = 64 * 1024

/** How long a cancelled child may take to end by itself, as in trio's `run_process`. */
const GRACE_MS = 5000

/**
 * Runs a child process and suspends the thread until it has ended and its output is complete. On an
 * interruption the child is killed first. Undefined when it could not be started.
 */
export function runChild(
  file: string,
  args: string[],
  options: ChildOptions,
): ChildResult | undefined {
  const outcome = carryOutStoppably<ChildRun>((done) => {
    const input = inputOf(options)
    // Both would be understood, but otherwise: this module looks after them.
    const others = { ...options, signal: undefined, timeout: undefined }
    const run = new ChildRun(spawn(file, args, others as object), options, done)
    run.begin(input)
    return () => run.abandon()
  })
  return outcome.kind === 'done' ? outcome.value.result() : undefined
}

/** A child under the rules of `spawnSync`. */
class ChildRun {
  readonly #child: ChildProcess
  readonly #options: ChildOptions
  readonly #done: Done<ChildRun>
  /** What each pipe has brought; nothing for what is no pipe, and for standard input. */
  readonly #chunks: (Buffer[] | undefined)[]
  readonly #maxBytes: number
  #bytes = 0
  #timer: NodeJS.Timeout | undefined = undefined
  /** Names of errors of the system: of the run itself, and of its input. */
  #failure: string | undefined = undefined
  #pipeFailure: string | undefined = undefined

  constructor(child: ChildProcess, options: ChildOptions, done: Done<ChildRun>) {
    this.#child = child
    this.#options = options
    this.#done = done
    this.#maxBytes = maxBufferBytes(options) || Number.POSITIVE_INFINITY
    this.#chunks =
      child.stdio?.map((stream, i) => (i > 0 && stream !== null ? [] : undefined)) ?? []
  }

  begin(input: string | Uint8Array): void {
    const child = this.#child
    child.on('error', (error) => {
      if (child.pid === undefined) this.#done(error)
    })
    child.on('close', () => {
      clearTimeout(this.#timer)
      this.#done(null, this)
    })
    if (child.pid === undefined) return
    child.stdin?.on('error', ({ code, syscall }: NodeJS.ErrnoException) => {
      // With what fits into the pipe it is chance whether a child that does not read ends too early.
      if (syscall === 'write' && input.length > PIPE_BYTES) this.#pipeFailure ??= code
    })
    if (input.length > 0) child.stdin?.end(input)
    else child.stdin?.end()
    for (const [i, stream] of child.stdio.entries()) if (i > 0) this.#collect(i, stream as Readable)
    const { timeout } = this.#options
    if (timeout) this.#timer = setTimeout(() => this.#fail('ETIMEDOUT'), timeout)
  }

  /** Nobody wants the result any more. */
  abandon(): void {
    this.#kill()
    this.#timer = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS)
  }

  result(): ChildResult {
    const { signalCode, exitCode, pid = 0 } = this.#child
    const failure = this.#failure ?? this.#pipeFailure
    const output = this.#chunks.map((chunks) => chunks && this.#decoded(Buffer.concat(chunks)))
    return {
      ...(failure === undefined ? {} : { error: this.#errorOf(failure) }),
      status: signalCode === null ? exitCode : null,
      signal: signalCode,
      output: output.map((one) => one ?? null),
      pid,
      stdout: output[1] ?? null,
      stderr: output[2] ?? null,
    }
  }

  #collect(i: number, stream: Readable | null): void {
    stream?.on('data', (chunk: Buffer) => {
      this.#chunks[i]?.push(chunk)
      this.#bytes += chunk.length
      if (this.#bytes > this.#maxBytes) this.#fail('ENOBUFS')
    })
    stream?.on('error', ({ code }: NodeJS.ErrnoException) => {
      this.#pipeFailure ??= code
    })
  }

  #fail(code: string): void {
    if (this.#failure !== undefined) return
    this.#failure = code
    this.#kill()
  }

  #kill(): void {
    clearTimeout(this.#timer)
    const child = this.#child
    try {
      child.kill(this.#options.killSignal ?? 'SIGTERM')
    } catch {
      child.kill('SIGKILL') // the signal is not known here
    }
    // Its own children may hold the pipes.
    for (const stream of child.stdio) stream?.destroy()
  }

  #decoded(bytes: Buffer): Buffer | string {
    const { encoding } = this.#options
    return encoding && encoding !== 'buffer' ? bytes.toString(encoding) : bytes
  }

  #errorOf(code: string): Error {
    const { spawnfile, spawnargs } = this.#child
    const syscall = `spawnSync ${spawnfile}`
    const errno = [...getSystemErrorMap()].find(([, [name]]) => name === code)?.[0]
    const details = { errno, code, syscall, path: spawnfile, spawnargs: spawnargs.slice(1) }
    return Object.assign(new Error(`${syscall} ${code}`), details)
  }
}
