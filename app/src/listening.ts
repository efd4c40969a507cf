import { StartError } from './start-error.ts'

export interface ListenOptions {
  /** For people: who wants to listen. */
  readonly name: string
  readonly port: number
  /** A port that somebody chose is not exchanged for another one. */
  readonly isPortChosen: boolean
  readonly listen: (port: number) => Promise<unknown>
  readonly say: (message: string) => void
}

const portsToTry = 10

/** Listens on the port, or, when it is a default that is taken, on the next free one. */
export async function listenOnFreePort(options: ListenOptions): Promise<void> {
  const { name, port, isPortChosen, listen, say } = options
  for (const candidate of candidates(port, isPortChosen)) {
    try {
      await listen(candidate)
      return
    } catch (error) {
      if (!isPortTaken(error)) throw isSystemError(error) ? new ListenError(name, error) : error
      if (!isPortChosen) say(`Port ${candidate} is taken; the ${name} tries another one.`)
    }
  }
  throw new PortTakenError(name, port)
}

export class PortTakenError extends StartError {
  constructor(name: string, port: number) {
    super(
      `Port ${port}, on which the ${name} was told to listen, is taken by another program.\n` +
        'Stop that program, choose another port, or choose 0 for any free one.',
    )
    this.name = 'PortTakenError'
  }
}

export class ListenError extends StartError {
  constructor(name: string, cause: Error) {
    super(
      `The ${name} can't listen: ${cause.message}\n` +
        'Choose an address of this machine, and a port on which you may listen (those up to 1023 are for root).',
      { cause },
    )
    this.name = 'ListenError'
  }
}

function candidates(port: number, isPortChosen: boolean): number[] {
  if (isPortChosen) return [port]
  return [...Array.from({ length: portsToTry }, (_, index) => port + index), 0]
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error
}
