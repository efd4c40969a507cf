import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const servicePath = fileURLToPath(new URL('../../src/main.js', import.meta.url))

/** A process of the service, which will be killed. */
export class Replica {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  /** Its address, once it serves; rejected when it ends before. */
  readonly ready: Promise<string>
  #errors = ''
  #isKilled = false

  constructor(env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [servicePath], {
      env: { ...process.env, NODE_OPTIONS: '', HOST: '127.0.0.1', PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    this.#ended = once(this.#child, 'close')
    this.ready = this.#address()
    // Nobody may be waiting when it is killed while it starts.
    this.ready.catch(() => undefined)
  }

  /** What it has complained about. */
  get errors(): string {
    return this.#errors
  }

  get isKilled(): boolean {
    return this.#isKilled
  }

  /** Ends it at once, whatever it is doing: it can neither notice nor prevent that. */
  async kill(): Promise<void> {
    this.#isKilled = true
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** Lets it finish what it does; resolves to its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    await this.#ended
    return this.#child.exitCode
  }

  async #address(): Promise<string> {
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })
    for await (const line of lines) {
      const url = /^ {2}service +(http\S+)/.exec(line)?.[1]
      if (url === undefined) continue
      this.#child.stdout?.resume()
      return url
    }
    await this.#ended
    throw new Error(`The service ended before it served: ${this.#errors}`)
  }
}
