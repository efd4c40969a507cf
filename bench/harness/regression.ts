import { quantile } from './statistics.ts'
import type { Report, Result } from './suite.ts'

export interface Verdict {
  readonly what: string
  readonly isWell: boolean
  /** How much worse the ratio is than the committed one: 1.2 is a loss of 20 %, below 1 a gain. */
  readonly loss: number
}

/** A larger loss than this fails. */
const mostLoss = 1.2

/**
 * Holds the ratios of several runs against those of the committed run: of each measurement and peer the median.
 * What was not committed can't be compared, and is left out.
 */
export function regressions(committed: Report, runs: readonly Report[]): Verdict[] {
  const measured = runs[0]?.results ?? []
  return measured.flatMap(({ name, unit, ratios }) => {
    const before = resultOf(committed, name)
    return Object.keys(ratios).flatMap((peer) => {
      const old = before?.ratios[peer]?.median
      const now = medianOf(runs, name, peer)
      if (old === undefined || now === undefined) return []
      const loss = isMoreBetter(unit) ? old / now : now / old
      return { what: `${name} to ${peer}`, isWell: loss <= mostLoss, loss }
    })
  })
}

function medianOf(runs: readonly Report[], name: string, peer: string): number | undefined {
  const medians = runs.flatMap((run) => resultOf(run, name)?.ratios[peer]?.median ?? [])
  return medians.length === 0 ? undefined : quantile(medians, 0.5)
}

function resultOf({ results }: Report, name: string): Result | undefined {
  return results.find((result) => result.name === name)
}

function isMoreBetter(unit: string): boolean {
  return unit.endsWith('/s')
}
