import { backend } from 'greenthreads'
import { type Comparison, compare } from './harness/comparison.ts'
import { requestsPerSecond } from './harness/http-load.ts'
import { type Server, startServer } from './harness/http-server.ts'
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
