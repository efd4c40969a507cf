import { liveCoroutines } from '../binding/occupants.ts'
import { afterEachCycle } from '../core/collection-cycle.ts'
import { FiberThread } from './fiber-thread.ts'

/**
 * Unwinds Fibers that nobody can run any more, as they are unreachable while they yield: from a task of the
 * event loop.
 *
 * Watching costs as much as several switches. Only one that is found yielding after a cycle of the garbage
 * collector is watched from then on.
 */
export function watchYielding(): void {
  if (isWatching) return
  isWatching = true
  afterEachCycle(watchAllYielding)
}

let isWatching = false

function watchAllYielding(): void {
  for (const coroutine of liveCoroutines()) {
    if (coroutine instanceof FiberThread && coroutine.isYielding) coroutine.watch()
  }
}
