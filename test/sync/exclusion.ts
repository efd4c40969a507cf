import { type Hold, Lock, RLock, Semaphore, type WaitOptions } from 'greenthreads'

/** What every primitive promises that lets one in at a time. */
export interface Exclusion {
  readonly waiting: number
  acquire(timeoutMs?: number): boolean
  tryAcquire(): boolean
  release(): void
  hold(timeoutMs?: number): Hold
  holdAsync(options?: WaitOptions): Promise<Hold>
}

export const exclusions: { name: string; create: () => Exclusion }[] = [
  { name: 'Lock', create: () => new Lock() },
  { name: 'RLock', create: () => new RLock() },
  { name: 'Semaphore of one', create: () => new Semaphore(1, { maxPermits: 1 }) },
]
