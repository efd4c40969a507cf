/**
 * Calls a function after each cycle of the garbage collector, from a task of the event loop, for as long as
 * the program runs.
 */
export function afterEachCycle(look: () => void): void {
  if (looks.push(look) === 1) awaitCycle()
}

const looks: (() => void)[] = []

const cycles = new FinalizationRegistry<undefined>(() => {
  awaitCycle()
  for (const look of looks) look()
})

/** The token dies in the next cycle, which tells us of it. */
function awaitCycle(): void {
  cycles.register({}, undefined)
}
