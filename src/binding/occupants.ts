import type { Coroutine } from './coroutine.ts'

/** The occupant of each stack, by slot. */
const occupants: (Coroutine | undefined)[] = []

/** Every coroutine that has started and not ended. */
export function liveCoroutines(): Coroutine[] {
  return occupants.filter((occupant) => occupant !== undefined)
}

/** Gives a stack to a coroutine. */
export function occupy(slot: number, coroutine: Coroutine): void {
  occupants[slot] = coroutine
  coroutine.slot = slot
}

/** Takes its stack from a coroutine. */
export function vacate(coroutine: Coroutine): void {
  occupants[coroutine.slot] = undefined
  coroutine.slot = 0
  coroutine.resumer = undefined
}
