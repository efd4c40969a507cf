import { wait } from 'greenthreads'
import { reportInOneThread } from '../harness/one-thread.ts'

// One wait after the other in one thread, against one await after the other in one async function.
const settled = Promise.resolve(1)

function green(count: number): void {
  for (let i = 0; i < count; i++) wait(settled)
}

async function plain(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await settled
}

await reportInOneThread(green, plain)
