import { Session } from 'node:inspector'
import vm from 'node:vm'

/** Places in which no green thread can be suspended, whose functions call others there. */
export const noSuspension: readonly { name: string; code: string; callThere: CallThere }[] = [
  {
    name: 'in vm code with a time limit',
    code: 'ERR_GT_CANNOT_SUSPEND_VM_TIMEOUT',
    callThere: callUnderWatchdog,
  },
  {
    name: 'below native code that refuses',
    code: 'ERR_GT_CANNOT_SUSPEND_MICROTASKS_SCOPE',
    callThere: callInInspector,
  },
]

type CallThere = <R>(fn: () => R) => R

/** Known to the binding. */
export function callUnderWatchdog<R>(fn: () => R): R {
  return vm.runInNewContext('fn()', { fn }, { timeout: 60_000 }) as R
}

/** Known to the native core alone. */
function callInInspector<R>(fn: () => R): R {
  let outcome: { value: R } | { error: unknown } | undefined
  const callHere = (): void => {
    try {
      outcome = { value: fn() }
    } catch (error) {
      outcome = { error }
    }
  }
  const session = new Session()
  session.connect()
  Object.assign(globalThis, { callHere })
  try {
    session.post('Runtime.evaluate', { expression: 'callHere()' })
  } finally {
    Reflect.deleteProperty(globalThis, 'callHere')
    session.disconnect()
  }
  if (outcome === undefined) throw new Error('the inspector did not call')
  if ('error' in outcome) throw outcome.error
  return outcome.value
}
