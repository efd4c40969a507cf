import { ThreadsLeftError } from '../errors.ts'
import { type GreenThread, suspendedThreads } from '../lowlevel.ts'

/**
 * Fails when green threads are suspended, with the name and the stack of each: call it at the end of a test,
 * after `await untilParked()`.
 *
 * @param except threads that may be suspended.
 * @throws ThreadsLeftError
 * @example
 * await untilParked()
 * assertNoThreadsLeft()
 */
export function assertNoThreadsLeft(except: readonly GreenThread[] = []): void {
  const left = suspendedThreads().filter((thread) => !except.includes(thread))
  if (left.length > 0) throw new ThreadsLeftError(left.map((thread) => thread.stack()))
}
