import { type Comparison, compare } from './harness/comparison.ts'
import type { CrowdKind } from './harness/crowd.ts'
import { runProgram } from './harness/program.ts'
import { type Measurement, type RunSettings, runSuite } from './harness/suite.ts'

// Minor collections while many calls are suspended, with the young generation that V8 chooses and with larger
// ones. All figures of one setting come from the same runs.

const suspended = [1_000, 10_000, 50_000]
/** Megabytes for --max-semi-space-size; undefined leaves it to V8. */
const semiSpaces = [undefined, 32, 64]
const runMs = 1_500

interface Sample {
  readonly firstPauseMs: number
  readonly pauseMs: number
  readonly callsPerSecond: number
}

function measurements(count: number, megabytes: number | undefined): Measurement[] {
  const name = `${count}-${megabytes === undefined ? 'default' : `semi-space-${megabytes}`}`
  const samples = new Samples(count, megabytes)
  return [
    {
      name: `first-pause-${name}`,
      unit: 'ms',
      run: (settings) => samples.compare('firstPauseMs', settings),
    },
    { name: `pause-${name}`, unit: 'ms', run: (settings) => samples.compare('pauseMs', settings) },
    {
      name: `throughput-${name}`,
      unit: 'calls/s',
      run: (settings) => samples.compare('callsPerSecond', settings),
    },
  ]
}

/** Samples of one setting: the one that was taken for a figure is used for the other as well. */
class Samples {
  readonly #count: number
  readonly #flags: string[]
  readonly #taken = new Map<CrowdKind, Sample[]>()

  constructor(count: number, megabytes: number | undefined) {
    this.#count = count
    this.#flags = megabytes === undefined ? [] : [`--max-semi-space-size=${megabytes}`]
  }

  async compare(figure: keyof Sample, { rounds, scale }: RunSettings): Promise<Comparison> {
    const settings = { count: this.#count, runMs: Math.max(500, runMs * scale) }
    const next = { green: 0, async: 0 }
    const sample = (kind: 'green' | 'async') => async () => {
      const taken = this.#taken.get(kind) ?? []
      this.#taken.set(kind, taken)
      const index = next[kind]++
      taken[index] ??= await runProgram<Sample>(
        'gc-load',
        { ...settings, kind },
        { flags: this.#flags },
      )
      return taken[index][figure]
    }
    return await compare(
      sample('green'),
      { async: sample('async') },
      { rounds: Math.min(5, rounds), warmUps: 0 },
    )
  }
}

await runSuite(
  'gc',
  suspended.flatMap((count) => semiSpaces.flatMap((megabytes) => measurements(count, megabytes))),
)
