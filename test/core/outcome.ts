import assert from 'node:assert/strict'
import { afterEach, beforeEach } from 'node:test'
import { Cancelled, type GreenThread, type Scope, scope, spawn, wait } from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { untilParked, useVirtualClock, type VirtualClock } from 'greenthreads/testing'
import { never } from './deferred.ts'

/** Runs a scope in a thread; the result, or what it throws. */
export async function outcomeOf<R>(fn: (s: Scope) => R): Promise<unknown> {
  try {
    return await spawn(() => scope(fn))
  } catch (error) {
    return error
  }
}

/** Waits for ever, and notes how that ends. */
export function waitNoting(log: unknown[]): void {
  try {
    wait(never)
  } catch (error) {
    log.push(error)
    throw error
  }
}

/** Cancels a thread when everything is parked, and waits for its end and for that of all that ends with it. */
export async function cancelParked(thread: GreenThread, reason?: unknown): Promise<void> {
  await untilParked()
  thread.cancel(reason)
  await assert.rejects(
    async () => await thread,
    (error) => error instanceof Cancelled && error.cause === reason,
  )
  await untilParked()
}

/** Each test has a clock of its own, and leaves neither a timer nor a thread behind. */
export function useClockPerTest(): { readonly clock: VirtualClock } {
  const holder = { clock: undefined as unknown as VirtualClock }
  beforeEach(() => {
    holder.clock = useVirtualClock()
  })
  afterEach(() => {
    assert.equal(holder.clock.pending, 0, 'every timer is cleared')
    assert.equal(suspendedThreads().length, 0, 'no thread outlives its scope')
    holder.clock.restore()
  })
  return holder
}
