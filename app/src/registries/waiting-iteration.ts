import { wait } from 'greenthreads'

/** A loop over what comes asynchronously, that waits for each item: for code in a green thread. */
export function* waitingIteration<T>(items: AsyncIterable<T>): Generator<T, void, undefined> {
  const iterator = items[Symbol.asyncIterator]()
  let isDone = false
  try {
    for (;;) {
      const result = wait(iterator.next())
      if (result.done) {
        isDone = true
        return
      }
      yield result.value
    }
  } finally {
    if (!isDone) void iterator.return?.()
  }
}
