import { addon } from './addon.ts'
import { leaveContext } from './async-context.ts'
import type { Coroutine } from './coroutine.ts'
import { concludeHandOver, successor } from './hand-over.ts'
import { discard, prepare } from './lifetime.ts'
import { running, setRunning } from './running.ts'
import { checkCanLeave, comeBack } from './suspension.ts'

const { switchTo } = addon

/**
 * Suspends the running coroutine and continues (or starts) another one in its place: that one now
 * returns to the resumer of the first.
 *
 * @param isContextCarried it goes on with the async context of the caller, as one that starts does.
 */
export function transferTo(target: Coroutine, isContextCarried: boolean = false): unknown {
  const self = running as Coroutine
  checkCanLeave(self)
  const isStart = target.slot === 0
  if (isStart) prepare(target)
  const nested = leaveContext(self.asyncId, self.baseAsyncId, self.sharedScope)
  target.replace(self)
  setRunning(target)
  const code = switchTo(target.slot, isStart || isContextCarried)
  if (code < 0) {
    setRunning(self)
    if (isStart) discard(target)
  }
  if (successor !== undefined) concludeHandOver(self, code)
  return comeBack(self, nested, code)
}
