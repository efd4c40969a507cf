import { takeOverNativeCallbacks, takeOverTicks } from '../lowlevel.ts'
import { letCollectionsWait } from './collections.ts'
import { letListenersWait } from './events.ts'
import { letImportsWait } from './imports.ts'
import { letTimersWait } from './timers.ts'

/**
 * Lets `wait()` and patched calls suspend in every function that the event loop calls: callbacks of timers,
 * immediates, ticks, events, files and sockets, promise reactions and the continuations of async
 * functions. Their order stays that of Node.js. It can't be taken back.
 *
 * What runs already when it is called stays where it is: only what follows may wait.
 *
 * @throws Error where this build of Node.js does not allow it.
 * @example
 * import { waitAnywhere } from 'greenthreads/patch'
 * waitAnywhere()
 */
export function waitAnywhere(): void {
  if (isDone) return
  isDone = true
  takeOverTicks()
  takeOverNativeCallbacks()
  letTimersWait()
  letListenersWait()
  letCollectionsWait()
  letImportsWait()
}

let isDone = false
