import { liveCoroutines } from '../binding/occupants.ts'
import { afterEachCycle } from '../core/collection-cycle.ts'
import { Fiber } from '../core/fiber.ts'
import { GreenletExit } from '../errors.ts'
import { currentGroup, type Group, groupOf, handleOf } from './group.ts'
import type { Handle, Strand } from './main-strand.ts'
import { ChildStrand } from './strand.ts'
import { send } from './switching.ts'

/**
 * Ends greenlets that nobody can switch to any more, as their handle is unreachable: GreenletExit is
 * thrown where they are suspended, from a task of the event loop.
 *
 * A strand holds its handle strongly, as that costs nothing. One that is found switched away from after a
 * cycle of the garbage collector is watched from then on: it holds the handle only while it is the one that
 * runs. One that waits is, although its stack is suspended: no switch brings it back, but its green thread.
 */
export function watchSuspended(): void {
  if (isWatching) return
  isWatching = true
  afterEachCycle(watchAllSuspended)
}

let isWatching = false

function watchAllSuspended(): void {
  for (const coroutine of liveCoroutines()) {
    if (coroutine instanceof ChildStrand && !coroutine.isWatched && needsSwitch(coroutine)) {
      watch(coroutine)
    }
  }
}

/** Does it go on only when somebody who has its handle switches to it? */
function needsSwitch(strand: ChildStrand): boolean {
  return strand.life === 'active' && groupOf(strand).current !== strand
}

const lost = new FinalizationRegistry<ChildStrand>(lose)

function watch(strand: ChildStrand): void {
  lost.register(strand.handle as Handle, strand)
  strand.isWatched = true
  strand.handle = undefined
}

function lose(strand: ChildStrand): void {
  const { fiber } = strand.strands as Group
  // Deadlines, shields and scopes around it are tied to its own green thread.
  if (strand.life !== 'active' || (fiber !== undefined && strand.region !== undefined)) return
  // It gets a new handle now, which may be kept and is to be watched anew.
  strand.isWatched = false
  try {
    if (fiber === undefined) end(strand)
    else new Fiber(endOfOrphan, undefined, [strand]).start()
  } catch (error) {
    // Nobody waits for it: let Node.js report it as it reports every other such error.
    Promise.reject(error)
  }
}

/** Its own green thread does other things, or is over: one that is made for it lets it clean up. */
function endOfOrphan(strand: ChildStrand): void {
  const group = strand.strands
  strand.strands = currentGroup()
  strand.scope = undefined
  try {
    end(strand)
  } finally {
    if (strand.life === 'active') strand.strands = group
  }
}

/** Throws GreenletExit in a greenlet; the running one is its parent meanwhile, unless it descends from it. */
export function end(strand: ChildStrand): void {
  const { parent, parentHandle } = strand
  const { current } = currentGroup()
  if (!hasAncestor(current, strand)) {
    strand.parent = current
    strand.parentHandle = handleOf(current)
  }
  try {
    send(strand, handleOf(strand), true, new GreenletExit())
  } finally {
    strand.parent = parent
    strand.parentHandle = parentHandle
  }
}

function hasAncestor(strand: Strand, ancestor: Strand): boolean {
  let one: Strand | undefined = strand
  while (one !== undefined && one !== ancestor) one = one.parent
  return one === ancestor
}
