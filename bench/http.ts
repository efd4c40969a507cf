import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { backend } from 'greenthreads'
import { type Comparison, compare } from './harness/comparison.ts'
import { requestsPerSecond } from './harness/http-load.ts'
import { startProgram } from './harness/program.ts'
import { type RunSettings, runSuite } from './harness/suite.ts'

const connections = 200
const sampleMs = 2_000

await runSuite('http', [
  { name: 'http-green', unit: 'req/s', run: (settings) => run(backend, settings) },
  ...(backend === 'thread'
    ? []
    : [
        {
          name: 'http-green-thread-backend',
          unit: 'req/s',
          run: (settings: RunSettings) => run('thread', settings),
        },
      ]),
])

/** Both servers stand all the time and are loaded in turns. */
async function run(greenBackend: string, { rounds, scale }: RunSettings): Promise<Comparison> {
  const green = await startServer('green', greenBackend)
  const async = await startServer('async', greenBackend)
  try {
    const load =
      ({ port }: Server) =>
      () =>
        requestsPerSecond(port, connections, sampleMs * scale)
    return await compare(load(green), { async: load(async) }, { rounds, warmUps: 1 })
  } finally {
    await Promise.all([green.stop(), async.stop()])
  }
}

interface Server {
  port: number
  stop(): Promise<void>
}

async function startServer(kind: 'green' | 'async', greenBackend: string): Promise<Server> {
  const env = { GREENTHREADS_BACKEND: greenBackend }
  const child = startProgram('http-server', { kind }, { env })
  const exit = once(child, 'exit')
  const started = once(child, 'message').then(([message]) => (message as { port: number }).port)
  const port = await Promise.race([started, failure(child, exit)])
  const stop = async (): Promise<void> => {
    child.disconnect()
    const [code, signal] = await exit
    if (code !== 0) throw new Error(`The ${kind} server ended with ${signal ?? code}.`)
  }
  return { port, stop }
}

async function failure(child: ChildProcess, exit: Promise<unknown[]>): Promise<never> {
  await exit
  throw new Error(`The server ended with exit code ${child.exitCode} before it listened.`)
}
