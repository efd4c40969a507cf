import { spawn, wait } from 'greenthreads'
import { reportInOneThread } from '../harness/one-thread.ts'

// Started, suspended once, and waited for until its end: a thread, and an async function.
const settled = Promise.resolve(1)

function green(count: number): void {
  for (let i = 0; i < count; i++) spawn(wait, settled).join()
}

async function task(): Promise<number> {
  return await settled
}

async function plain(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await task()
}

await reportInOneThread(green, plain)
