import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Greenlet } from 'greenthreads/greenlet'

setFlagsFromString('--expose-gc')
export const collect = runInNewContext('gc') as () => void

/** A greenlet is watched after the first cycle it is suspended in, and lost in a later one. */
export async function collectRepeatedly(isDone: () => boolean): Promise<void> {
  for (let i = 0; i < 12 && !isDone(); i++) {
    collect()
    await turn()
  }
}

/** Suspends as many, and keeps none. No variable here holds one. */
export function suspendSome(count: number, body: () => unknown): void {
  for (let i = 0; i < count; i++) new Greenlet(body).switch()
}
