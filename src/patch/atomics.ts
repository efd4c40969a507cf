import { MessagePort, Worker } from 'node:worker_threads'
import { carryOutAbandonably, type Done, type Outcome, tidyUp } from './operation.ts'
import { isAwaitingAnswer, posted, withPortsHeld } from './ports.ts'
import { type Call, callOriginal, isMadeByNode, type Patch } from './registry.ts'

/** Waiting for another thread of the system to write into shared memory, as synckit does. */
export function atomicsPatches(): Patch[] {
  return [
    { target: () => Atomics, key: 'wait', green: wait },
    { target: () => Worker.prototype, key: 'postMessage', green: posted },
    { target: () => MessagePort.prototype, key: 'postMessage', green: posted },
  ]
}

type Notification = 'ok' | 'not-equal' | 'timed-out'

/** Node.js 20 has it; the types of the language version that we compile for do not. */
interface WaitAsync {
  waitAsync(...args: unknown[]): { value: Notification | Promise<Notification> }
}

/** The longest that a timer can be set for. */
const LONG_MS = 2 ** 31 - 1

function wait(call: Call): unknown {
  // Node.js 20 waits like this for the thread in which hooks of modules run, and takes the answer from a port
  // itself: the event loop must not get it first.
  if (isMadeByNode(call)) return callOriginal(call)
  const start = (done: Done<Notification>): (() => void) => listen(call.args, done)
  const outcome: Outcome<Notification> = isAwaitingAnswer()
    ? // An answer that nobody takes would be taken for that of the next request.
      withPortsHeld(() => tidyUp(start))
    : withPortsHeld(() => carryOutAbandonably(start))
  return outcome.kind === 'done' ? outcome.value : callOriginal(call)
}

function listen(args: readonly unknown[], done: Done<Notification>): () => void {
  const { value } = (Atomics as unknown as WaitAsync).waitAsync(...args)
  if (!(value instanceof Promise)) {
    done(null, value)
    return () => {}
  }
  // What is awaited does not hold the process open by itself.
  const hold = setInterval(() => {}, LONG_MS)
  let isAbandoned = false
  value.then((notification) => {
    clearInterval(hold)
    // Nobody else must miss a notification because it went to one that is gone.
    if (isAbandoned && notification === 'ok') {
      Atomics.notify(args[0] as Int32Array, args[1] as number, 1)
    }
    done(null, notification)
  })
  return () => {
    isAbandoned = true
    clearInterval(hold)
  }
}
