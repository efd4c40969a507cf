import { Effect } from 'effect'
import { type Operation, run, until } from 'effection'
import { spawn, wait } from 'greenthreads'
import { compare } from '../harness/comparison.ts'
import { report, settingsOf } from '../harness/program.ts'
import { countdown, perAsyncOperation } from '../harness/timing.ts'

// A call tree of some depth with one wait of a settled promise at its bottom, 50 of them at a time, as a green
// thread, with async/await, and with libraries that have generators where others have functions.
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

function effectLevel(below: number): Effect.Effect<number> {
  if (below === 1) return Effect.promise(() => settled)
  return Effect.gen(function* () {
    return (yield* effectLevel(below - 1)) + 1
  })
}

function* effectionLevel(below: number): Operation<number> {
  if (below === 1) return yield* until(settled)
  return (yield* effectionLevel(below - 1)) + 1
}

type Start = (onResult: (result: number) => void) => void

const starts: Record<'green' | 'async' | 'effect' | 'effection', Start> = {
  green: (onResult) => void spawn(() => onResult(level(depth))),
  async: (onResult) => void asyncLevel(depth).then(onResult),
  effect: (onResult) => void Effect.runPromise(effectLevel(depth)).then(onResult),
  effection: (onResult) => void run(() => effectionLevel(depth)).then(onResult),
}

function sampleOf(start: Start): () => Promise<number> | number {
  return perAsyncOperation(count, async () => {
    for (let i = 0; i < count; i += atATime) {
      const { done, finished } = countdown(atATime)
      const onResult = (result: number): void => {
        if (result !== depth) throw new Error(`${result} levels of ${depth} were returned from`)
        done()
      }
      for (let j = 0; j < atATime; j++) start(onResult)
      await finished
    }
  })
}

const { green, ...peers } = starts
report(
  await compare(
    sampleOf(green),
    Object.fromEntries(Object.entries(peers).map(([name, start]) => [name, sampleOf(start)])),
    { rounds },
  ),
)
