import { NeverParkedError } from '../errors.ts'
import { suspendedThreads } from '../lowlevel.ts'

/** Far beyond what a program needs that comes to rest at all; reached in a few seconds. */
const MOST_TURNS = 100_000

/**
 * Resolves when no green thread can go on by itself any more: promise reactions, ticks and immediates have
 * run, those that they set off too, and what is left waits for a timer, for input and output, or for
 * somebody else. As trio's `wait_all_tasks_blocked`, and as there it is the replacement for sleeping in
 * tests. In a green thread write `wait(untilParked())`: all the others are parked then.
 *
 * @throws NeverParkedError (as a rejection) when something goes on and on.
 * @example
 * const thread = spawn(() => sleep(60_000))
 * await untilParked()
 * console.log(thread.state) // suspended
 */
export function untilParked(): Promise<void> {
  rest ??= comeToRest()
  return rest
}

/** One for all that wait for it: the immediates of several would look like something that goes on. */
let rest: Promise<void> | undefined

async function comeToRest(): Promise<void> {
  try {
    for (let turns = 0; turns < MOST_TURNS; turns++) {
      await turn()
      if (!process.getActiveResourcesInfo().includes('Immediate')) return
    }
  } finally {
    rest = undefined
  }
  const stacks = suspendedThreads().map((thread) => thread.stack())
  throw new NeverParkedError(MOST_TURNS, stacks)
}

/** One round of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
