import { backend } from 'greenthreads'
import { type Comparison, compare } from './harness/comparison.ts'
import { fibersHosts } from './harness/fibers-hosts.ts'
import { type FibersHost, FibersProgram } from './harness/fibers-program.ts'
import { type Measurement, type RunSettings, runSuite } from './harness/suite.ts'

const { ours: green, theirs: peer } = fibersHosts()

await runSuite('fibers', [
  timed('fiber-switch', 'switch', 100_000),
  timed('fiber-create', 'create', 100_000),
  memory('bytes-per-suspended-fiber'),
])

/** Both run all the time, and are asked in turns. */
function timed(name: string, what: 'switch' | 'create', count: number): Measurement {
  // A switch between threads of the operating system takes some forty times as long.
  const countHere = backend === 'thread' ? count / 10 : count
  const run = async ({ rounds, scale }: RunSettings): Promise<Comparison> => {
    const programs = [green, peer].map((host) => new FibersProgram(host))
    const [ofGreen, ofPeer] = programs.map(
      (program) => () => program.sample(what, countHere * scale),
    ) as [() => Promise<number>, () => Promise<number>]
    try {
      return await compare(ofGreen, { 'fibers 5': ofPeer }, { rounds })
    } finally {
      for (const program of programs) program.stop()
    }
  }
  return { name, unit: 'ns', run }
}

/** What an earlier sample leaves behind would be measured too: a fresh process for each. */
function memory(name: string): Measurement {
  const sample = (host: FibersHost, count: number) => async () => {
    const program = new FibersProgram(host)
    try {
      return await program.sample('memory', count)
    } finally {
      program.stop()
    }
  }
  const run = ({ scale }: RunSettings): Promise<Comparison> => {
    const count = 10_000 * scale
    return compare(
      sample(green, count),
      { 'fibers 5': sample(peer, count) },
      { rounds: 3, warmUps: 0 },
    )
  }
  return { name, unit: 'bytes', run }
}
