import type { Parameters } from 'fast-check'

/** So many programs in all, over all properties: more than a property needs to be quick to find trouble. */
const PROGRAMS = Number(process.env.GREENTHREADS_PROPERTY_RUNS ?? 1000)
const { GREENTHREADS_PROPERTY_SEED: seed, GREENTHREADS_PROPERTY_PATH: path } = process.env

/**
 * What a property is run with. A failure prints the seed, the path and the smallest program that fails;
 * with both in the environment that program alone is run again.
 *
 * @param share of the programs.
 */
export function settings<T>(share: number): Parameters<T> {
  return {
    numRuns: Math.max(1, Math.round(PROGRAMS * share)),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path, endOnFailure: true }),
  }
}
