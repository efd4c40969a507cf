import { setImmediate as nextTurn } from 'node:timers/promises'
import { yieldNow } from 'greenthreads'
import { reportInOneThread } from '../harness/one-thread.ts'

// One that lets everything else run, again and again. Both wait for a whole turn of the event loop, which
// is most of the time; what green takes longer is the switch of stacks.
function green(count: number): void {
  for (let i = 0; i < count; i++) yieldNow()
}

async function plain(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await nextTurn()
}

await reportInOneThread(green, plain)
