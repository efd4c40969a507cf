import { backend } from 'greenthreads'
import { type Comparison, compare } from './harness/comparison.ts'
import type { CrowdKind } from './harness/crowd.ts'
import { runProgram } from './harness/program.ts'
import { type Measurement, type RunSettings, runSuite } from './harness/suite.ts'

await runSuite('core', [
  inProcess('switch', 'switch', 200_000),
  inProcess('greenlet-switch', 'greenlet-switch', 200_000),
  inProcess('spawn-finish', 'spawn-finish', 100_000),
  inProcess('wait-settled', 'wait-settled', 100_000),
  inProcess('spawn-wait-depth-1', 'spawn-wait', 50_000, { depth: 1 }),
  inProcess('spawn-wait-depth-10', 'spawn-wait', 50_000, { depth: 10 }),
  inProcess('spawn-wait-depth-50', 'spawn-wait', 10_000, { depth: 50 }),
  inProcess('spawn-wait-depth-200', 'spawn-wait', 5_000, { depth: 200 }),
  memory('bytes-per-suspended-thread', 'rss'),
  memory('bytes-per-suspended-thread-pss', 'pss'),
  memory('page-table-bytes-per-suspended-thread', 'pageTables'),
  minorCollections(1_000),
  minorCollections(10_000),
  allocation(10_000),
])

/** Green and its peer alternate within one process. */
function inProcess(name: string, program: string, count: number, settings = {}): Measurement {
  // A switch between threads of the operating system takes some forty times as long.
  const countHere = backend === 'thread' ? count / 10 : count
  const run = ({ rounds, scale }: RunSettings): Promise<Comparison> =>
    runProgram(program, { rounds, count: countHere * scale, ...settings })
  return { name, unit: 'ns', run }
}

/** The heap that the peer leaves behind would be measured too: a fresh process for each sample. */
function memory(name: string, part: 'rss' | 'pss' | 'pageTables'): Measurement {
  const sample = (kind: CrowdKind) => async () => {
    const bytes = await runProgram<Record<string, number>>('suspended-memory', {
      kind,
      count: 10_000,
    })
    return bytes[part] as number
  }
  const run = (): Promise<Comparison> =>
    compare(sample('green'), { async: sample('async') }, { rounds: 3, warmUps: 0 })
  return { name, unit: 'bytes', run }
}

function minorCollections(count: number): Measurement {
  const sample = (kind: CrowdKind, collections: number) => () =>
    runProgram<number>('minor-gc', { kind, count, collections })
  const run = ({ scale }: RunSettings): Promise<Comparison> => {
    const collections = 100 * scale
    const peers = { async: sample('async', collections), none: sample('none', collections) }
    return compare(sample('green', collections), peers, { rounds: 5, warmUps: 0 })
  }
  return { name: `minor-gc-${count}`, unit: 'ms', run }
}

function allocation(count: number): Measurement {
  const sample = (kind: CrowdKind, objects: number) => () =>
    runProgram<number>('allocation', { kind, count, objects })
  const run = ({ scale }: RunSettings): Promise<Comparison> => {
    const objects = 4_000_000 * scale
    const peers = { async: sample('async', objects), none: sample('none', objects) }
    return compare(sample('green', objects), peers, { rounds: 7, warmUps: 0 })
  }
  return { name: `allocation-${count}`, unit: 'ms', run }
}
