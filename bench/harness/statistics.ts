/** A figure with the range in which the middle half of its samples lies. */
export interface Spread {
  median: number
  low: number
  high: number
}

export function spreadOf(samples: readonly number[]): Spread {
  return {
    median: quantile(samples, 0.5),
    low: quantile(samples, 0.25),
    high: quantile(samples, 0.75),
  }
}

export function quantile(samples: readonly number[], fraction: number): number {
  if (samples.length === 0) throw new RangeError('A quantile needs at least one sample.')
  const sorted = samples.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * fraction
  const below = sorted[Math.floor(position)] as number
  const above = sorted[Math.ceil(position)] as number
  return below + (above - below) * (position - Math.floor(position))
}
