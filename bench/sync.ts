import { backend } from 'greenthreads'
import type { Comparison } from './harness/comparison.ts'
import { runProgram } from './harness/program.ts'
import { type Measurement, type RunSettings, runSuite } from './harness/suite.ts'

/**
 * gevent 22.10 on Python 3.11, in ns, as measured once on another machine: they are printed beside the
 * others, but no ratio is formed with them.
 */
const recorded = { yield: 1_360, spawnJoin: 14_600 }

await runSuite('sync', [
  inProcess('lock-handover', 'lock-handover', 100_000),
  inProcess('channel-handover-rendezvous', 'channel-handover', 100_000, { capacity: 0 }),
  inProcess('channel-handover-bounded-100', 'channel-handover', 100_000, { capacity: 100 }),
  inProcess('pool-map-100000', 'pool-map', 100_000),
  inProcess('scope-10000-children', 'scope-children', 10_000),
  inProcess('scope-10000-children-limit-50', 'scope-children', 10_000, { limit: 50 }),
  besideGevent(inProcess('yield', 'yield', 50_000), recorded.yield),
  besideGevent(inProcess('spawn-join', 'spawn-join', 50_000), recorded.spawnJoin),
])

/** Green and its peers alternate within one process. */
function inProcess(name: string, program: string, count: number, settings = {}): Measurement {
  // A switch between threads of the operating system takes some forty times as long.
  const countHere = backend === 'thread' ? count / 10 : count
  const run = ({ rounds, scale }: RunSettings): Promise<Comparison> =>
    runProgram(program, { rounds, count: countHere * scale, ...settings })
  return { name, unit: 'ns', run }
}

function besideGevent(measurement: Measurement, nanoseconds: number): Measurement {
  const run = async (settings: RunSettings): Promise<Comparison> => {
    const comparison = await measurement.run(settings)
    const peers = { ...comparison.peers, 'gevent (recorded)': nanoseconds }
    return { ...comparison, peers }
  }
  return { ...measurement, run }
}
