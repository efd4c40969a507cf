import { CannotSuspendError } from '../errors.ts'
import { currentThreadId, shield, throwIfInterrupted, WaitQueue } from '../lowlevel.ts'

/** What an operation calls once when it is over. */
export type Done<T> = (error: unknown, value?: T) => void

export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Nothing has happened: the thread can't be suspended here, or the arguments were refused. */
  | { readonly kind: 'unstarted' }

/**
 * Starts an operation of the event loop and suspends the running green thread until it is over.
 *
 * As in trio's file functions, an interruption is thrown before it starts or comes at the next
 * suspension after it: the system can't take back what it has begun, and its result (an open file)
 * must not get lost.
 */
export function carryOut<T>(start: (done: Done<T>) => void): Outcome<T> {
  throwIfInterrupted()
  return tidyUp(start)
}

/** As `carryOut`, also in a thread that is interrupted already: for what `finally` blocks do. */
export function tidyUp<T>(start: (done: Done<T>) => void): Outcome<T> {
  return shield(() => new Operation(start).outcome()) as Outcome<T>
}

/** Begins an operation; returns what stops it. */
export type StoppableStart<T> = (done: Done<T>) => () => void

/**
 * As `carryOut`, for what can be stopped in the middle: on an interruption the function that `start`
 * returned is called, and the interruption is thrown when the operation has come to its end.
 */
export function carryOutStoppably<T>(start: StoppableStart<T>): Outcome<T> {
  const operation = new StoppableOperation(start)
  return operation.outcome((stop) => {
    stop()
    shield(() => operation.whenOver())
  })
}

/** The same, for what may come to its end alone: the interruption is thrown at once. */
export function carryOutAbandonably<T>(start: StoppableStart<T>): Outcome<T> {
  return new StoppableOperation(start).outcome((stop) => stop())
}

/** Can the caller be suspended at all? If not, patched functions are the originals. */
export function isInGreenThread(): boolean {
  return currentThreadId() !== 0
}

const soon = Promise.resolve()

/** It starts when the thread is suspended, so that a refused suspension leaves nothing begun. */
class Operation<T> {
  readonly #over = new WaitQueue()
  #outcome: Outcome<T> | undefined = undefined
  #state: 'pending' | 'started' | 'withdrawn' = 'pending'

  constructor(start: (done: Done<T>) => void) {
    soon.then(() => this.#start(start))
  }

  whenOver(): Outcome<T> {
    if (this.#outcome === undefined) this.#over.park()
    return this.#outcome as unknown as Outcome<T>
  }

  /** As `whenOver`; where suspending is impossible, nothing will ever begin. */
  outcome(): Outcome<T> {
    try {
      return this.whenOver()
    } catch (error) {
      if (error instanceof CannotSuspendError && this.withdraw()) return UNSTARTED
      throw error
    }
  }

  /** Makes sure that it never starts; false when it has. */
  withdraw(): boolean {
    if (this.#state === 'started') return false
    this.#state = 'withdrawn'
    return true
  }

  #start(start: (done: Done<T>) => void): void {
    if (this.#state === 'withdrawn') return
    this.#state = 'started'
    try {
      start((error, value) => this.#end(outcomeOf(error, value)))
    } catch {
      // The original explains what is wrong with the arguments.
      this.#end(UNSTARTED)
    }
  }

  #end(outcome: Outcome<T>): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    this.#over.unparkOne()
  }
}

class StoppableOperation<T> {
  #stop: () => void = () => {}
  readonly #operation: Operation<T>

  constructor(start: StoppableStart<T>) {
    throwIfInterrupted()
    this.#operation = new Operation((done) => {
      this.#stop = start(done)
    })
  }

  outcome(onInterruption: (stop: () => void) => void): Outcome<T> {
    try {
      return this.#operation.outcome()
    } catch (interruption) {
      if (!this.#operation.withdraw()) onInterruption(this.#stop)
      throw interruption
    }
  }

  whenOver(): Outcome<T> {
    return this.#operation.whenOver()
  }
}

function outcomeOf<T>(error: unknown, value: T | undefined): Outcome<T> {
  if (error !== null && error !== undefined) return { kind: 'failed', error }
  return { kind: 'done', value: value as T }
}

const UNSTARTED = { kind: 'unstarted' } as const
