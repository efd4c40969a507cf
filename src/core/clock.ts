/** Where `sleep`, `withTimeout` and waits with a limit get their timers from. */
export interface Clock {
  /** Milliseconds since some fixed moment. */
  now(): number
  setTimer(callback: () => void, delayMs: number): unknown
  clearTimer(timer: unknown): void
}

const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
}

export let clock: Clock = systemClock

/**
 * Replaces the clock, for tests that must not depend on real time. Returns a function that puts the
 * previous one back.
 */
export function useClock(replacement: Clock): () => void {
  const previous = clock
  clock = replacement
  return () => {
    clock = previous
  }
}
