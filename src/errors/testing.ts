import { GreenThreadsError } from './base.ts'

/** At the end of a test green threads were still suspended. */
export class ThreadsLeftError extends GreenThreadsError {
  constructor(stacks: readonly string[]) {
    super(
      'ERR_GT_THREADS_LEFT',
      `${countOf(stacks)} left suspended. Join or cancel what is started; after a cancellation ` +
        `\`await untilParked()\` gives threads the time to end.\n\n${stacks.join('\n\n')}`,
    )
  }
}

/** `untilParked()` gave up: something goes on all the time. */
export class NeverParkedError extends GreenThreadsError {
  constructor(turns: number, stacks: readonly string[]) {
    super(
      'ERR_GT_NEVER_PARKED',
      `After ${turns} turns of the event loop something is still ready to go on: a loop of yieldNow() or of ` +
        'setImmediate() that nobody ends. End it before, or wait for something else.' +
        (stacks.length === 0 ? '' : ` Suspended:\n\n${stacks.join('\n\n')}`),
    )
  }
}

/** An explored program could not come to its end. */
export class StalledError extends GreenThreadsError {
  constructor(stacks: readonly string[]) {
    super(
      'ERR_GT_STALLED',
      `The program has not ended, no timer is set, and ${countOf(stacks)} suspended: each waits for ` +
        'another one (a deadlock), for something that nobody does, or for input and output, which an ' +
        `explored program can't use.\n\n${stacks.join('\n\n')}`,
    )
  }
}

/** An explored program went wrong in one of its orders; `cause` is the error. */
export class FailingSeedError extends GreenThreadsError {
  /** Gives the same order again. */
  readonly seed: number

  constructor(seed: number, run: number, runs: number, cause: unknown) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    super(
      'ERR_GT_FAILING_SEED',
      `Run ${run} of ${runs} failed, with the seed ${seed}: ${what}\n` +
        `The same order again:  explore(program, { seed: ${seed}, runs: 1 })`,
      { cause },
    )
    this.seed = seed
  }
}

function countOf(threads: readonly unknown[]): string {
  return threads.length === 1 ? 'one green thread is' : `${threads.length} green threads are`
}
