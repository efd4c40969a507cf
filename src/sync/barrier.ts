import { BrokenBarrierError, InvalidArgumentError, TimedOut } from '../errors.ts'
import {
  checkTimeout,
  checkWaitOptions,
  type WaitDescription,
  type WaitOptions,
  WaitQueue,
} from '../lowlevel.ts'

/**
 * A meeting point: all wait until the last of a fixed number has arrived, again and again. As
 * threading.Barrier.
 *
 * A party that leaves early, because its time is over or it is cancelled, breaks the barrier for all:
 * those who wait and all who come later get `BrokenBarrierError`, until `reset()`.
 *
 * @example
 * const rounds = new Barrier(2)
 * for (const name of ['a', 'b']) {
 *   spawn(() => {
 *     for (let round = 0; round < 3; round++) {
 *       console.log(name, round)
 *       rounds.wait()
 *     }
 *   })
 * }
 */
export class Barrier {
  /** How many have to arrive. */
  readonly parties: number
  readonly #action: (() => void) | undefined
  #round = new Round()

  /**
   * @param action is called by the last that arrives, before the others go on; in a green thread it may
   * wait. When it throws, the barrier breaks.
   */
  constructor(parties: number, action?: () => void) {
    if (!Number.isInteger(parties) || parties < 1) {
      throw new InvalidArgumentError('parties', 'a whole number from 1', parties)
    }
    this.parties = parties
    this.#action = action
  }

  /** How many have arrived and wait for the others. */
  get waiting(): number {
    return this.#round.waiters.length
  }

  get isBroken(): boolean {
    return this.#round.breach !== undefined || this.#round.hasDeserter
  }

  /**
   * Arrives, and suspends until all have arrived. The last one does not suspend, and may be on any stack.
   *
   * @param timeoutMs the longest time to wait; then the barrier breaks. 0 never suspends.
   * @returns how many had arrived before: from 0 to `parties - 1`.
   * @throws BrokenBarrierError; what the action throws; NotInGreenThreadError, Cancelled, TimedOut (of a
   * deadline around it), CannotSuspendError when it would have to wait.
   */
  wait(timeoutMs: number = Number.POSITIVE_INFINITY): number {
    checkTimeout('timeoutMs', timeoutMs)
    const round = this.#unbrokenRound()
    const index = round.waiters.length
    if (index === this.parties - 1) {
      this.#open(round)
      return index
    }
    if (timeoutMs !== 0) round.waiters.checkCanPark() // who can't has not arrived
    round.arrived++
    try {
      checkEnd(round, round.waiters.parkOr(LATE, timeoutMs), 'barrier.wait()', timeoutMs)
    } catch (error) {
      leave(round, error)
      throw error
    }
    return index
  }

  /** As `wait`, for async code; when the signal aborts it rejects, and the barrier breaks. */
  async waitAsync(options: WaitOptions = {}): Promise<number> {
    checkWaitOptions(options)
    const round = this.#unbrokenRound()
    const index = round.waiters.length
    if (index === this.parties - 1) {
      this.#open(round)
      return index
    }
    round.arrived++
    try {
      const end = await round.waiters.promiseOr(LATE, options)
      checkEnd(round, end, 'barrier.waitAsync()', options.timeoutMs as number)
    } catch (error) {
      leave(round, error)
      throw error
    }
    return index
  }

  /** Breaks it: those who wait, and all who come until `reset()`, get `BrokenBarrierError`. */
  abort(): void {
    breakRound(this.#round, 'abort() was called', undefined)
  }

  /** Makes a broken one usable again. Those who wait get `BrokenBarrierError`. */
  reset(): void {
    breakRound(this.#round, 'reset() was called before all had arrived', undefined)
    this.#round = new Round()
  }

  #unbrokenRound(): Round {
    const round = this.#round
    checkUnbroken(round)
    return round
  }

  #open(round: Round): void {
    // Whoever arrives while the action waits belongs to the next round.
    this.#round = new Round()
    if (this.#action !== undefined) this.#act(round, this.#action)
    round.waiters.unparkAll(OPEN)
  }

  #act(round: Round, action: () => void): void {
    try {
      action()
    } catch (error) {
      breakRound(round, 'its action failed', error)
      breakRound(this.#round, 'its action failed', error)
      throw error
    }
    checkUnbroken(round)
  }
}

/** What a party that waits is told. */
type End = typeof OPEN | typeof LATE | Breach

const LEFT = 'one of its parties left before all had arrived'

const OPEN = 'open'
const LATE = 'late'

interface Breach {
  readonly why: string
  /** Of a party that left: known when it comes to tell. */
  cause: unknown
}

const WAITING: WaitDescription = {
  call: 'barrier.wait()',
  inAsyncCode: 'await barrier.waitAsync()',
}

/** Those who are to go on together. */
class Round {
  breach: Breach | undefined = undefined
  readonly waiters = new WaitQueue<End>(WAITING)
  /** How many came to wait. */
  arrived = 0

  /** One that waited was interrupted, and has not come to tell. Of an open round everybody has left. */
  get hasDeserter(): boolean {
    return this.waiters.length < this.arrived
  }
}

function checkUnbroken(round: Round): void {
  if (round.hasDeserter) leave(round, undefined)
  if (round.breach !== undefined) throw broken(round.breach)
}

function checkEnd(round: Round, end: End, call: string, timeoutMs: number): void {
  if (end === OPEN) return
  if (end !== LATE) throw broken(end)
  leave(round, new TimedOut(call, timeoutMs))
  throw broken(round.breach as Breach)
}

/** One that has arrived does not wait for the others any longer. */
function leave(round: Round, cause: unknown): void {
  breakRound(round, LEFT, cause)
  const breach = round.breach as Breach
  if (breach.why === LEFT) breach.cause ??= cause
}

/** The first reason counts. */
function breakRound(round: Round, why: string, cause: unknown): void {
  round.breach ??= { why, cause }
  round.waiters.unparkAll(round.breach)
}

function broken({ why, cause }: Breach): BrokenBarrierError {
  return new BrokenBarrierError(why, cause)
}
