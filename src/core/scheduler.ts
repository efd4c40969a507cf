/**
 * Decides when threads that could go on do so. Without one, each goes on in the microtask in which an
 * `await` would have continued.
 */
export interface Scheduler {
  /**
   * A suspended thread can go on.
   *
   * @param proceed continues it until it suspends again: to be called once, on the main stack, later.
   * @param id that of the thread.
   */
  ready(proceed: () => void, id: number): void
}

export let scheduler: Scheduler | undefined

/**
 * Hands the order in which threads go on to somebody else, for tests that try many orders, or one order
 * again and again. Returns a function that puts the previous one back; what is ready then must still
 * be continued by the scheduler that got it.
 */
export function useScheduler(replacement: Scheduler): () => void {
  const previous = scheduler
  scheduler = replacement
  return () => {
    scheduler = previous
  }
}
