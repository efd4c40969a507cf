/** Where `sleep`, `withTimeout` and waits with a limit get their timers from. */
export interface Clock {
  /** Milliseconds since some fixed moment. */
  now(): number
  /** @param isTransient the program may end without it. */
  setTimer(callback: () => void, delayMs: number, isTransient?: boolean): unknown
  clearTimer(timer: unknown): void
}

const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (callback, delayMs, isTransient) => {
    const timer = setTimeout(callback, delayMs)
    return isTransient === true ? timer.unref() : timer
  },
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

/**
 * The clock in use, whichever that is at each call; a timer stays with the clock that set it. A constant, as what
 * users import is handed over once.
 */
export const clockInUse: Clock = {
  now: () => clock.now(),
  setTimer: (callback, delayMs, isTransient): OwnedTimer => {
    const owner = clock
    return { owner, timer: owner.setTimer(callback, delayMs, isTransient) }
  },
  clearTimer: (owned) => {
    const { owner, timer } = owned as OwnedTimer
    owner.clearTimer(timer)
  },
}

interface OwnedTimer {
  readonly owner: Clock
  readonly timer: unknown
}
