import { quantile } from '../harness/statistics.ts'

export interface SoakSample {
  readonly memoryMegabytes: number
  readonly descriptors: number
  readonly suspendedThreads: number
  readonly databaseConnections: number
  readonly p99Ms: number
}

export type Sign = keyof SoakSample

export interface Finding {
  readonly what: string
  readonly isWell: boolean
  readonly figures: string
}

interface Tolerance {
  readonly label: string
  /** How much more the end may show than the beginning: so many times, and so much on top. */
  readonly factor: number
  readonly extra: number
}

const tolerances: Readonly<Record<Sign, Tolerance>> = {
  memoryMegabytes: { label: 'resident memory (MB)', factor: 1.15, extra: 24 },
  descriptors: { label: 'open descriptors', factor: 1.1, extra: 20 },
  suspendedThreads: { label: 'suspended green threads', factor: 1.5, extra: 25 },
  databaseConnections: { label: 'database connections', factor: 1, extra: 2 },
  p99Ms: { label: 'p99 of the answers (ms)', factor: 2, extra: 200 },
}

/** The first fifth is left out: code is compiled and pools are filled then. */
const warmUpShare = 0.2

/** Compares the medians of the first and the last third of what follows the warm-up. */
export function flatness(samples: readonly SoakSample[]): Finding[] {
  const steady = samples.slice(Math.floor(samples.length * warmUpShare))
  const third = Math.floor(steady.length / 3)
  if (third < 3) throw new RangeError(`${samples.length} samples are too few: let it run longer.`)
  return (Object.entries(tolerances) as [Sign, Tolerance][]).map(([sign, tolerance]) => {
    const median = (part: readonly SoakSample[]): number =>
      quantile(
        part.map((sample) => sample[sign]),
        0.5,
      )
    const [first, last] = [median(steady.slice(0, third)), median(steady.slice(-third))]
    const most = first * tolerance.factor + tolerance.extra
    return {
      what: `${tolerance.label} stays flat`,
      isWell: last <= most,
      figures: `${shown(first)} in the first third, ${shown(last)} in the last, at most ${shown(most)}`,
    }
  })
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1)
}
