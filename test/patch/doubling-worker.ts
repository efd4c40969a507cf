import { runAsWorker } from 'synckit'

/** For synckit: answers later, so that calls overlap. */
runAsWorker(async (value: number) => {
  if (value < 0) throw new RangeError(`${value} is negative`)
  await new Promise((resolve) => setImmediate(resolve))
  return value * 2
})
