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
      if (!isPortTaken(error)) throw error
      if (!isPortChosen) say(`Port ${candidate} is taken; the ${name} tries another one.`)
    }
  }
  throw new PortTakenError(name, port)
}

export class PortTakenError extends Error {
  constructor(name: string, port: number) {
    super(
      `Port ${port}, on which the ${name} was told to listen, is taken by another program.\n` +
        'Stop that program, choose another port, or choose 0 for any free one.',
    )
    this.name = 'PortTakenError'
  }
}

function candidates(port: number, isPortChosen: boolean): number[] {
  if (isPortChosen) return [port]
  return [...Array.from({ length: portsToTry }, (_, index) => port + index), 0]
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
