import type { Life } from './life-model.ts'
import type { LifeWorld } from './life-world.ts'

export interface Manner {
  /** A timer ends the call. */
  readonly hasTimer?: boolean
  /** It may return without suspending. */
  readonly isOptional?: boolean
  /** It goes on some time after it is woken: what arrives in between is thrown later. */
  readonly isLazy?: boolean
}

/**
 * Makes a call that suspends, and checks the rules for interruptions: one that is there before is thrown at
 * once, none that arrives is missed, and none is thrown that a shield keeps away.
 *
 * @returns whether it suspended.
 */
export function suspending(
  world: LifeWorld,
  life: Life,
  what: string,
  call: () => unknown,
  { hasTimer = false, isOptional = false, isLazy = false }: Manner = {},
): boolean {
  const before = life.pending
  const hasSuspended = watch()
  life.doing = what
  life.hasTimer = hasTimer
  try {
    call()
  } catch (error) {
    const interruption = life.interruptionOf(error)
    const isRefusal = isOptional && interruption === undefined // a limit of 0
    if (before !== undefined && !isRefusal)
      world.check(life, interruption === before, `${what} threw ${error}`)
    if (interruption !== undefined)
      world.check(life, life.isVisible(interruption), `${what} threw ${error} in a shield`)
    throw error
  } finally {
    life.doing = 'running'
    life.hasTimer = false
    if (before !== undefined)
      world.check(life, !hasSuspended(), `${what} suspended though interrupted before`)
  }
  const isSuspended = hasSuspended()
  if (!isOptional) world.check(life, isSuspended, `${what} did not suspend`)
  if (world.isPrompt && !isLazy && isSuspended)
    world.check(life, life.pending === undefined, `${what} went on though interrupted`)
  return isSuspended
}

/** Microtasks run while a thread is suspended, and not while it goes on. */
function watch(): () => boolean {
  let isOver = false
  queueMicrotask(() => {
    isOver = true
  })
  return () => isOver
}
