import { FailingSeedError, InvalidArgumentError, StalledError } from '../errors.ts'
import { type GreenThread, spawn, suspendedThreads } from '../lowlevel.ts'
import { untilParked } from './parked.ts'
import { checkSeed, SEEDS, useSeededScheduler } from './seeded-scheduler.ts'
import { assertNoThreadsLeft } from './threads-left.ts'
import { useVirtualClock, type VirtualClock } from './virtual-clock.ts'

export interface ExploreOptions {
  /** In how many orders the program is run. By default 100. */
  runs?: number
  /** The seed of the first run; each further run has the next one. By default a random one. */
  seed?: number
}

/**
 * Runs a program in many orders, to find those in which it goes wrong: each run is a green thread of its
 * own under a seeded scheduler and a virtual clock that jumps on whenever everything is parked. A run
 * fails when the program throws, when it leaves a rejection unhandled, when it stalls, and when a thread
 * that it started is still suspended at its end.
 *
 * The program should wait for nothing but its own threads, promises and the clock: input and output are
 * not repeatable, and a program that waits for them counts as stalled.
 *
 * @throws FailingSeedError (as a rejection) which tells the seed, with the error of the run as `cause`.
 * @example
 * await explore(() => {
 *   let balance = 100
 *   const withdraw = (): void => {
 *     const before = balance
 *     yieldNow() // some order lets the other one read the balance here
 *     balance = before - 10
 *   }
 *   const threads = [spawn(withdraw), spawn(withdraw)]
 *   for (const thread of threads) thread.join()
 *   if (balance !== 80) throw new Error(`balance is ${balance}`)
 * })
 */
export async function explore(program: () => unknown, options: ExploreOptions = {}): Promise<void> {
  const { runs = 100, seed: first = Math.floor(Math.random() * SEEDS) } = options
  checkSeed(first)
  checkRuns(runs)
  for (let run = 0; run < runs; run++) {
    const seed = (first + run) % SEEDS
    try {
      await runUnder(seed, program)
    } catch (error) {
      throw new FailingSeedError(seed, run + 1, runs, error)
    }
  }
}

function checkRuns(runs: unknown): void {
  if (Number.isInteger(runs) && (runs as number) > 0) return
  throw new InvalidArgumentError('runs', 'an integer from 1', runs)
}

async function runUnder(seed: number, program: () => unknown): Promise<void> {
  const others = suspendedThreads()
  const clock = useVirtualClock()
  const scheduler = useSeededScheduler(seed)
  const rejections = new UnhandledRejections()
  try {
    await runToEnd(spawn(program), clock)
    rejections.check()
    assertNoThreadsLeft(others)
  } finally {
    await endAll(others)
    rejections.restore()
    scheduler.restore()
    clock.restore()
  }
}

async function runToEnd(thread: GreenThread, clock: VirtualClock): Promise<void> {
  let isOver = false
  const note = (): void => {
    isOver = true
  }
  thread.then(note, note)
  await untilParked()
  while (!isOver) {
    if (!(await clock.advanceToNext())) {
      throw new StalledError(suspendedThreads().map((suspended) => suspended.stack()))
    }
  }
  await thread
}

/** What a failed run leaves behind must not disturb what comes after it. */
async function endAll(others: readonly GreenThread[]): Promise<void> {
  for (const thread of suspendedThreads()) {
    if (!others.includes(thread)) thread.cancel('the explored run is over')
  }
  await untilParked()
}

/** Without it, such an error would end the process before anybody has told the seed. */
class UnhandledRejections {
  readonly #reasons: unknown[] = []
  readonly #listener = (reason: unknown): void => {
    this.#reasons.push(reason)
  }

  constructor() {
    process.on('unhandledRejection', this.#listener)
  }

  check(): void {
    if (this.#reasons.length > 0) throw this.#reasons[0]
  }

  restore(): void {
    process.off('unhandledRejection', this.#listener)
  }
}
