import { NotLockedError } from '../errors.ts'
import { shield } from '../lowlevel.ts'
import { Acquirable } from './acquirable.ts'

/**
 * Mutual exclusion: one at a time, in the order in which they asked.
 *
 * Green threads and async code share it. It does not know its owner: any code may release it, and a
 * thread that acquires it twice waits for ever (`RLock` is for that).
 *
 * Releasing hands it over to the one that has waited longest, which owns it from that moment on, even
 * when it is cancelled before it goes on. Who times out or is cancelled before has left the queue.
 *
 * @example
 * const lock = new Lock()
 * spawn(() => {
 *   using _hold = lock.hold()
 *   wait(db.load(1)) // nobody else is in here meanwhile
 * })
 */
export class Lock extends Acquirable {
  #isLocked = false

  constructor() {
    super('lock')
  }

  get isLocked(): boolean {
    return this.#isLocked
  }

  override tryAcquire(): boolean {
    if (this.#isLocked) return false
    this.#isLocked = true
    return true
  }

  /**
   * Releases it, or hands it over to the one that has waited longest, who goes on in a microtask.
   *
   * @throws NotLockedError
   */
  override release(): void {
    this.checkHeld('lock.release()')
    // Handed over it stays locked: a newcomer can't overtake the one that has waited.
    if (!this.handOver()) this.#isLocked = false
  }

  /** Used by Condition. @internal */
  checkHeld(call: string): void {
    if (!this.#isLocked) throw new NotLockedError(call)
  }

  /** Used by Condition. @internal */
  giveUp(): void {
    this.release()
  }

  /** Used by Condition. @internal */
  takeBack(): void {
    shield(() => this.acquire())
  }

  /** Used by Condition. @internal */
  async takeBackAsync(): Promise<void> {
    await this.acquireAsync()
  }
}
