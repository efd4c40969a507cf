import { setImmediate as nextTurn } from 'node:timers/promises'

/** Called in a worker: tells that it runs, and lets nothing else run there until it is told to stop. */
export function computeUntil(flags: Int32Array): string {
  Atomics.store(flags, 0, 1)
  while (Atomics.load(flags, 1) === 0) Atomics.wait(flags, 1, 0, 5)
  return 'stopped'
}

export function newFlags(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(8))
}

export async function untilSet(flags: Int32Array): Promise<void> {
  while (Atomics.load(flags, 0) === 0) await nextTurn()
}
