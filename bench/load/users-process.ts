import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { startProgram } from '../harness/program.ts'
import type { UsersRequest } from '../programs/load-users.ts'
import type { CrowdSettings, Meeting } from './crowd-of-users.ts'

export interface ProcessMeeting extends Meeting {
  /** How late the process' own event loop ran, 99th percentile: while it is late, its figures are its own. */
  readonly lateMs: number
}

/** A crowd of users in a process of its own (programs/load-users.ts). */
export class UsersProcess {
  readonly #child: ChildProcess

  constructor(settings: CrowdSettings) {
    this.#child = startProgram('load-users', settings)
  }

  async grow(users: number, perSecond: number): Promise<void> {
    await this.#ask({ name: 'grow', users, perSecond })
  }

  async take(): Promise<ProcessMeeting> {
    return (await this.#ask({ name: 'take' })) as ProcessMeeting
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.disconnect()
    await exit
  }

  async #ask(request: UsersRequest): Promise<unknown> {
    const stopped = new AbortController()
    const answer = once(this.#child, 'message', stopped)
    const end = once(this.#child, 'exit', stopped).then(([code, signal]) => {
      throw new Error(`A process of users ended with ${signal ?? `exit code ${code}`}.`)
    })
    this.#child.send(request)
    try {
      const [{ value }] = await Promise.race([answer, end])
      return value
    } finally {
      end.catch(() => {}) // its wait is aborted here
      stopped.abort()
    }
  }
}
