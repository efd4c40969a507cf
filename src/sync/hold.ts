/** What a hold gives back. */
interface Releasable {
  release(): void
}

/**
 * A lock or a permit that is given back at the end of a block, also when that is left by an error.
 *
 * Where `using` is not available, write `try { ... } finally { hold.release() }`.
 *
 * @example
 * const lock = new Lock()
 * spawn(() => {
 *   using _hold = lock.hold()
 *   console.log(lock.isLocked)
 * })
 */
export class Hold implements Disposable {
  #held: Releasable | undefined

  constructor(held: Releasable) {
    this.#held = held
  }

  /** Gives it back; further calls do nothing. */
  release(): void {
    this.#held?.release()
    this.#held = undefined
  }

  /** As `release()`, for `using`. */
  [Symbol.dispose](): void {
    this.release()
  }
}
