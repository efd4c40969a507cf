import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options?: { type: 'minor' | 'major' }) => void

// The flag makes new contexts get a `gc` function; no command line flag is needed.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as Collect

/** Collects the young generation: live young objects move. */
export function collectMinor(): void {
  collect({ type: 'minor' })
}

/** Collects everything. */
export function collectFull(): void {
  collect()
}

/** Makes `count` short-lived objects, so that a later collection has something to move into. */
export function makeGarbage(count: number): void {
  let last: unknown
  for (let index = 0; index < count; index++) last = { index, last: [index, `${index}`] }
  if (last === null) throw new Error('unreachable: keeps the objects from being optimised away')
}
