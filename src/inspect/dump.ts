import { suspendedThreads } from '../lowlevel.ts'

/**
 * The stack of every suspended green thread of this thread of Node.js, callbacks of the event loop that wait
 * included: who waits, and where. Nothing goes on for it.
 *
 * @example
 * import { dump } from 'greenthreads/inspect'
 * process.on('SIGUSR2', () => console.error(dump()))
 */
export function dump(): string {
  const threads = suspendedThreads()
  const heading = `${threads.length} suspended green thread${threads.length === 1 ? '' : 's'}`
  return [heading, ...threads.map((thread) => thread.stack())].join('\n\n')
}
