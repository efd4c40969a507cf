import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A process that serves, and where. */
export interface Served {
  readonly url: string
  readonly process: ChildProcess
  stop(): Promise<void>
}

/** The API key of whoever measures: the service is told to accept it. */
export const apiKey = 'gtk_of_the_benchmarks_alone'

/** The simulator of the tax authority that comes with the service. */
export async function startSimulator(latencyMs: number, failureRate = 0): Promise<Served> {
  const child = start('@greenthreads/app/simulator', [
    '--port',
    '0',
    '--latency-ms',
    `${latencyMs}`,
    '--failure-rate',
    `${failureRate}`,
  ])
  const [{ taxUrl: url }] = await Promise.race([
    once(child, 'message'),
    failure(child, 'The simulator'),
  ])
  return { url, process: child, stop: () => stop(child, () => child.disconnect()) }
}

/** The payments service as `npm start` runs it, with an embedded database if no other is named. */
export async function startService(
  env: NodeJS.ProcessEnv,
  flags: readonly string[] = [],
): Promise<Served> {
  const settings = { HOST: '127.0.0.1', PORT: '0', DEMO_API_KEY: apiKey, ...env }
  const child = start('@greenthreads/app/service', [], settings, flags)
  const url = await Promise.race([urlPrinted(child), failure(child, 'The service')])
  return { url, process: child, stop: () => stop(child, () => child.kill('SIGINT')) }
}

function start(
  program: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
  flags: readonly string[] = [],
): ChildProcess {
  return fork(fileURLToPath(import.meta.resolve(program)), args, {
    execArgv: [...flags],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  })
}

async function urlPrinted(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  for await (const line of lines) {
    const url = /^ {2}service +(http\S+)/.exec(line)?.[1]
    if (url !== undefined) return url
  }
  throw new Error('The service printed no address.')
}

async function failure(child: ChildProcess, what: string): Promise<never> {
  const [code, signal] = await once(child, 'exit')
  throw new Error(`${what} ended with ${signal ?? `exit code ${code}`} before it listened.`)
}

async function stop(child: ChildProcess, end: () => void): Promise<void> {
  const exit = once(child, 'exit')
  child.stdout?.resume()
  end()
  const [code, signal] = await exit
  if (code !== 0) throw new Error(`A process of the service ended with ${signal ?? code}.`)
}
