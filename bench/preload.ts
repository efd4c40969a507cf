import { backend } from 'greenthreads'
import { type Comparison, compare, type Sample } from './harness/comparison.ts'
import { answersWithin, requestsPerSecond } from './harness/http-load.ts'
import { type Server, type ServerKind, startServer } from './harness/http-server.ts'
import { type Measurement, type RunSettings, runSuite } from './harness/suite.ts'

// What the preload costs a program that waits nowhere: a plain async server with and without it.

const connections = 100
const sampleMs = 1_000

await runSuite('preload', [
  throughput('preload-http', 'plain'),
  throughput('preload-http-upstream', 'async'),
  processorTime('preload-http-processor', 'plain'),
  processorTime('preload-http-upstream-processor', 'async'),
])

function throughput(name: string, kind: ServerKind): Measurement {
  return { name, unit: 'req/s', run: (settings) => run(kind, settings, rateOf) }
}

function processorTime(name: string, kind: ServerKind): Measurement {
  return { name, unit: 'us/req', run: (settings) => run(kind, settings, processorTimeOf) }
}

/** Both servers stand all the time and are loaded in turns. */
async function run(
  kind: ServerKind,
  { rounds, scale }: RunSettings,
  measure: (server: Server, durationMs: number) => Promise<number>,
): Promise<Comparison> {
  const preloaded = await startServer(kind, backend, ['--import', 'greenthreads/register'])
  const plain = await startServer(kind, backend)
  const sample =
    (server: Server): Sample =>
    () =>
      measure(server, sampleMs * scale)
  try {
    return await compare(sample(preloaded), { without: sample(plain) }, { rounds, warmUps: 2 })
  } finally {
    await Promise.all([preloaded.stop(), plain.stop()])
  }
}

function rateOf({ port }: Server, durationMs: number): Promise<number> {
  return requestsPerSecond(port, connections, durationMs)
}

/** What the server took for a request, whatever else ran on the machine meanwhile. */
async function processorTimeOf(server: Server, durationMs: number): Promise<number> {
  const before = await server.processorMicroseconds()
  const answers = await answersWithin(server.port, connections, durationMs)
  return ((await server.processorMicroseconds()) - before) / answers
}
