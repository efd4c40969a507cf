import { CannotSuspendError } from '../errors.ts'
import { currentThreadId, throwIfInterrupted, WaitQueue } from '../lowlevel.ts'
import { type Call, callOriginal } from './registry.ts'

/**
 * Code that posts a request to a worker and then blocks in `Atomics.wait` takes it for granted that
 * nobody else posts before it has its answer: answers bear no address. So a thread that waits holds
 * the ports it has posted to, and others that want to post there wait until it has gone on.
 */
const holders = new Map<object, Holder>()

interface Holder {
  readonly id: number
  readonly released: WaitQueue
}

/** What the thread that has posted last has posted to; between that and its wait nobody else posts. */
let latest: Posts | undefined

interface Posts {
  readonly id: number
  readonly ports: Set<object>
  hasWaited: boolean
}

/** `postMessage` in a green thread. */
export function posted(call: Call): unknown {
  const id = currentThreadId()
  const port = call.receiver as object
  throwIfInterrupted() // an answer to what is posted now would never be taken
  waitUntilFree(port, id)
  if (latest?.id !== id || latest.hasWaited) latest = { id, ports: new Set(), hasWaited: false }
  latest.ports.add(port)
  return callOriginal(call)
}

/** Whether this thread has posted something since it waited last. */
export function isAwaitingAnswer(): boolean {
  return latest?.id === currentThreadId() && !latest.hasWaited
}

/** Runs what suspends this thread until an answer is there. */
export function withPortsHeld<T>(fn: () => T): T {
  const id = currentThreadId()
  // One that waits again without having posted has not had its answer yet.
  const posts = latest?.id === id ? latest : undefined
  const free = [...(posts?.ports ?? [])].filter((port) => !holders.has(port))
  if (posts === undefined || free.length === 0) return fn()
  posts.hasWaited = true
  const holder: Holder = { id, released: new WaitQueue() }
  for (const port of free) holders.set(port, holder)
  try {
    return fn()
  } finally {
    for (const port of free) holders.delete(port)
    holder.released.unparkAll()
    latest = posts
  }
}

function waitUntilFree(port: object, id: number): void {
  for (;;) {
    const holder = holders.get(port)
    if (holder === undefined || holder.id === id) return
    try {
      holder.released.park()
    } catch (error) {
      if (error instanceof CannotSuspendError) return
      throw error
    }
  }
}
