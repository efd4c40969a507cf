import { EXITING } from '../binding/refusal.ts'
import { running } from '../binding/running.ts'

/** True from the event `exit` on: what waits now will never go on. */
export let isExiting = false

/** `process.exit()` may be called where waiting is possible; its listeners must not wait all the same. */
export function forbidWaitingAtExit(): void {
  process.prependListener('exit', () => {
    isExiting = true
    if (running !== undefined) running.ban = EXITING
  })
}
