/**
 * So many random calls of each patched function are compared with the original. `npm run test:properties`
 * asks for more.
 */
const CALLS = Number(process.env.GREENTHREADS_TEST_CALLS ?? 200)

/** @param share of the calls, for what takes long. */
export function callCount(share: number = 1): number {
  return Math.max(1, Math.round(CALLS * share))
}
