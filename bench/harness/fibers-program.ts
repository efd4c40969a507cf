import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A Node.js, and what `require` finds the function `Fiber` by. */
export interface FibersHost {
  readonly binary: string
  readonly fibers: string
}

/** programs/fibers.cjs in a process of its own, which gives samples on request. */
export class FibersProgram {
  readonly #child: ChildProcess

  constructor({ binary, fibers }: FibersHost) {
    const program = fileURLToPath(new URL('../../programs/fibers.cjs', import.meta.url))
    this.#child = fork(program, [fibers], { execPath: binary, execArgv: ['--expose-gc'] })
  }

  async sample(what: 'switch' | 'create' | 'call' | 'memory', count: number): Promise<number> {
    const ended = new AbortController()
    const child = this.#child
    const end = once(child, 'exit', ended).then(([code, signal]) => {
      throw new Error(`The program fibers (${what}) ended with ${signal ?? `exit code ${code}`}.`)
    })
    const answer = once(child, 'message', ended)
    child.send({ what, count })
    try {
      const [{ value }] = await Promise.race([answer, end])
      return value as number
    } finally {
      end.catch(() => {}) // its wait is aborted here
      ended.abort()
    }
  }

  stop(): void {
    this.#child.kill()
  }
}
