import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface Options {
  /** Flags of Node itself. */
  flags?: readonly string[]
  /** Sends this signal as soon as the child has printed `ready`. */
  signalWhenReady?: NodeJS.Signals
}

const limitMs = 120_000
/** A program that prints without end is stopped, before it takes the memory of the machine. */
const mostCharacters = 10_000_000

/** Runs a compiled program in a process of its own. A hang ends by SIGKILL, which no test expects. */
export function runProgram(
  url: URL,
  args: readonly string[],
  { flags = [], signalWhenReady }: Options = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [...flags, fileURLToPath(url), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // The runner's own variable would turn the child into a test file that reports to it.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    timeout: limitMs,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  let stderr = ''
  const stopWhenTooMuch = (): void => {
    if (stdout.length + stderr.length > mostCharacters) child.kill('SIGKILL')
  }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    stopWhenTooMuch()
    if (signalWhenReady !== undefined && stdout.includes('ready')) child.kill(signalWhenReady)
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
    stopWhenTooMuch()
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}
