import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What the simulator's process tells the one that started it. */
export interface SimulatorReady {
  readonly url: string
}

const programPath = fileURLToPath(new URL('../simulator/main.js', import.meta.url))

/**
 * The simulator in a process of its own, as the real tax authority would be: the event loop that is measured
 * is the service's alone. It ends with the channel to its parent, so it can't be left behind.
 */
export class SimulatorProcess {
  readonly #child: ChildProcess
  readonly url: string

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  static async start(): Promise<SimulatorProcess> {
    const child = fork(programPath, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const { url } = await new Promise<SimulatorReady>((resolve, reject) => {
      child.once('message', (message) => resolve(message as SimulatorReady))
      child.once('error', reject)
      child.once('exit', (code, signal) =>
        reject(
          new Error(`The simulator ended before it listened (${signal ?? `exit code ${code}`}).`),
        ),
      )
    })
    return new SimulatorProcess(child, url)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }
}
