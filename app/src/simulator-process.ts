import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Crowd, type CrowdFigures, type CrowdOrder, idleCrowd } from './observability/crowd.ts'
import { StartError } from './start-error.ts'

/** What the simulators' process tells while its crowd is at work. */
export interface CrowdReport {
  readonly crowd: CrowdFigures
}

/** Where the companies are that the service depends on. Simulators tell it to the process that started them. */
export interface NeighbourUrls {
  readonly taxUrl: string
  readonly bankUrl: string
  readonly notificationsUrl: string
}

const programPath = fileURLToPath(new URL('../simulator/main.js', import.meta.url))

/**
 * The simulators in a process of their own, as the real neighbours would be: the event loop that is measured
 * is the service's alone. The process ends with the channel to its parent, so it can't be left behind.
 */
export class SimulatorProcess implements Crowd {
  readonly #child: ChildProcess
  readonly urls: NeighbourUrls
  #figures: CrowdFigures = idleCrowd

  private constructor(child: ChildProcess, urls: NeighbourUrls) {
    this.#child = child
    this.urls = urls
    child.on('message', (message) => {
      this.#figures = (message as CrowdReport).crowd
    })
  }

  get figures(): CrowdFigures {
    return this.#figures
  }

  order(wanted: CrowdOrder): void {
    if (this.#child.connected) this.#child.send(wanted)
  }

  static async start(): Promise<SimulatorProcess> {
    const child = fork(programPath, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const urls = await new Promise<NeighbourUrls>((resolve, reject) => {
      child.once('message', (message) => resolve(message as NeighbourUrls))
      child.once('error', reject)
      child.once('exit', (code, signal) =>
        reject(
          new StartError(
            `The simulators ended before they listened (${signal ?? `exit code ${code}`}): see above why.`,
          ),
        ),
      )
    })
    return new SimulatorProcess(child, urls)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }
}
