import { backend } from 'greenthreads'
import { type Comparison, compare } from './harness/comparison.ts'
import { fibersHosts } from './harness/fibers-hosts.ts'
import { FibersProgram } from './harness/fibers-program.ts'
import { requestsPerSecond } from './harness/http-load.ts'
import { type Server, type ServerKind, startServer } from './harness/http-server.ts'
import { runProgram } from './harness/program.ts'
import { type Measurement, type RunSettings, runSuite } from './harness/suite.ts'

const connections = 200
const sampleMs = 1_500

await runSuite('peers', [
  program('call-depth-10', 'ns', 'peers-call', 4, { count: 20_000, depth: 10 }),
  program('call-depth-50', 'ns', 'peers-call', 4, { count: 5_000, depth: 50 }),
  { name: 'call-depth-10-fibers', unit: 'ns', run: fibers },
  program('one-blocking-call', 'ns', 'peers-block', 4, { count: 2_000 }),
  program('200-calls-of-10-ms', 'ms', 'peers-waits', 1, { count: 200 }),
  http('http-async', ['async']),
  http('http-generators', ['effect', 'effection']),
  http('http-blocking', ['synckit']),
])

/** Green and its peers alternate within one process. */
function program(
  name: string,
  unit: string,
  file: string,
  most: number,
  settings: { count: number; depth?: number },
): Measurement {
  const run = ({ rounds, scale }: RunSettings): Promise<Comparison> =>
    runProgram(file, {
      ...settings,
      rounds: Math.min(rounds, 2 * most + 1),
      count: Math.ceil(settings.count * (most === 1 ? 1 : scale)),
    })
  return { name, unit, run }
}

/** The same program with `greenthreads/fibers` and with fibers 5, each in a process of its own. */
async function fibers({ rounds, scale }: RunSettings): Promise<Comparison> {
  const { ours, theirs } = fibersHosts()
  const programs = [ours, theirs].map((host) => new FibersProgram(host))
  const [ofOurs, ofTheirs] = programs.map(
    (one) => () => one.sample('call', Math.ceil(20_000 * scale)),
  ) as [() => Promise<number>, () => Promise<number>]
  try {
    return await compare(ofOurs, { 'fibers 5': ofTheirs }, { rounds })
  } finally {
    for (const one of programs) one.stop()
  }
}

/** All servers stand all the time and are loaded in turns. */
function http(name: string, kinds: readonly ServerKind[]): Measurement {
  const run = async ({ rounds, scale }: RunSettings): Promise<Comparison> => {
    const green = await startServer('green', backend)
    const peers: Record<string, Server> = {}
    try {
      for (const kind of kinds) peers[kind] = await startServer(kind, backend)
      const load = ({ port }: Server) => {
        return () => requestsPerSecond(port, connections, sampleMs * scale)
      }
      const samples = Object.entries(peers).map(([kind, server]) => [kind, load(server)])
      return await compare(load(green), Object.fromEntries(samples), {
        rounds: Math.ceil(rounds / 2),
        warmUps: 1,
      })
    } finally {
      await Promise.all([green, ...Object.values(peers)].map((server) => server.stop()))
    }
  }
  return { name, unit: 'req/s', run }
}
