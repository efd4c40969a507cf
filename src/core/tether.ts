import type { Parking, Will } from './waiter.ts'

/** What is known of a green thread while nobody but its promise holds it; see unreachable.ts. */
export interface Tether {
  handle(): object | undefined
  parking(): Parking | undefined
  /** That of the parking, which may be gone. */
  readonly will: Will | undefined
  /** The fiber goes on: hold it strongly again. */
  release(): void
  /** A handle that was made since. */
  adopt(handle: object): void
}
