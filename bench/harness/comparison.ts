import { quantile, type Spread, spreadOf } from './statistics.ts'

/** One timed block: the figure it gives, in the unit of the result. */
export type Sample = () => number | Promise<number>

/** What one measurement gives: medians, and the ratio (green to peer) within each pair. */
export interface Comparison {
  value: number
  peers: Record<string, number>
  ratios: Record<string, Spread>
}

/**
 * Takes the samples of green and its peers in turns (green, peer, green, peer ...), so that whatever
 * else the machine does meets all of them alike; ratios are formed within a turn.
 */
export async function compare(
  green: Sample,
  peers: Record<string, Sample>,
  { rounds, warmUps = 2 }: { rounds: number; warmUps?: number },
): Promise<Comparison> {
  const values: number[] = []
  const peerValues = Object.entries(peers).map(([name, sample]) => ({
    name,
    sample,
    values: [] as number[],
    ratios: [] as number[],
  }))
  for (let round = -warmUps; round < rounds; round++) {
    const value = await green()
    if (round >= 0) values.push(value)
    for (const peer of peerValues) {
      const peerValue = await peer.sample()
      if (round < 0) continue
      peer.values.push(peerValue)
      peer.ratios.push(value / peerValue)
    }
  }
  return {
    value: quantile(values, 0.5),
    peers: Object.fromEntries(peerValues.map(({ name, values }) => [name, quantile(values, 0.5)])),
    ratios: Object.fromEntries(peerValues.map(({ name, ratios }) => [name, spreadOf(ratios)])),
  }
}
