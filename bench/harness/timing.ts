import type { Sample } from './comparison.ts'

/** Nanoseconds per operation of a block that does `count` of them. */
export function perOperation(count: number, block: () => void): Sample {
  return () => {
    const start = process.hrtime.bigint()
    block()
    return Number(process.hrtime.bigint() - start) / count
  }
}

/** The same for a block which ends when its promise does. */
export function perAsyncOperation(count: number, block: () => Promise<void>): Sample {
  return async () => {
    const start = process.hrtime.bigint()
    await block()
    return Number(process.hrtime.bigint() - start) / count
  }
}

/** Calls back when it was called `count` times. */
export function countdown(count: number): { done: () => void; finished: Promise<void> } {
  let left = count
  let finish = (): void => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const done = (): void => {
    if (--left === 0) finish()
  }
  return { done, finished }
}
