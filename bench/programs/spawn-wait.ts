import { spawn, wait } from 'greenthreads'
import { compare } from '../harness/comparison.ts'
import { report, settingsOf } from '../harness/program.ts'
import { countdown, perAsyncOperation } from '../harness/timing.ts'

// A call tree of some depth with one wait of a settled promise at its bottom, in a thread of its own;
// the peer is the same program with async/await at every level. Some of them at a time.
const { rounds, count, depth } = settingsOf<{ rounds: number; count: number; depth: number }>()
const atATime = 50
const settled = Promise.resolve(1)

function level(below: number): number {
  if (below === 1) return wait(settled)
  return level(below - 1) + 1
}

async function asyncLevel(below: number): Promise<number> {
  if (below === 1) return await settled
  return (await asyncLevel(below - 1)) + 1
}

function check(result: number): void {
  if (result !== depth) throw new Error(`${result} levels of ${depth} were returned from`)
}

async function batches(start: (done: () => void) => void): Promise<void> {
  for (let i = 0; i < count; i += atATime) {
    const { done, finished } = countdown(atATime)
    for (let j = 0; j < atATime; j++) start(done)
    await finished
  }
}

function startThread(done: () => void): void {
  spawn(() => {
    check(level(depth))
    done()
  })
}

function startAsync(done: () => void): void {
  asyncLevel(depth).then((result) => {
    check(result)
    done()
  })
}

report(
  await compare(
    perAsyncOperation(count, () => batches(startThread)),
    { async: perAsyncOperation(count, () => batches(startAsync)) },
    { rounds },
  ),
)
