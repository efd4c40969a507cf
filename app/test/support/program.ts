import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const servicePath = fileURLToPath(new URL('../../src/main.js', import.meta.url))
export const simulatorPath = fileURLToPath(new URL('../../simulator/main.js', import.meta.url))
export const anyPorts = { PORT: '0', SIMULATOR_PORT: '0', SIMULATOR_LATENCY_MS: '0' }

export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A program of the service, as a person starts it. */
export class Program {
  output = ''
  errors = ''
  readonly ended: Promise<End>
  readonly #child: ChildProcess

  constructor(path: string, flags: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, [path, ...flags], {
      env: { ...process.env, NODE_OPTIONS: '', DATABASE_URL: '', TAX_URL: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text
    })
    this.ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
    this.#child = child
  }

  async printed(pattern: RegExp): Promise<string> {
    let hasEnded = false
    const ended = this.ended.then(() => {
      hasEnded = true
    })
    while (!pattern.test(this.output)) {
      assert.ok(!hasEnded, `the program ended without printing ${pattern}: ${this.errors}`)
      await Promise.race([once(this.#child.stdout ?? this.#child, 'data'), ended])
    }
    return this.output
  }

  stop(signal: NodeJS.Signals): Promise<End> {
    this.#child.kill(signal)
    return this.ended
  }
}
