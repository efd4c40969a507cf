import { scope, spawn, wait } from 'greenthreads'
import pLimit from 'p-limit'
import PQueue from 'p-queue'
import { compare, type Sample } from '../harness/comparison.ts'
import { report, settingsOf } from '../harness/program.ts'
import { perAsyncOperation } from '../harness/timing.ts'

// Many that are waited for together, each suspended once: all at the same time, or so many.
const { rounds, count, limit } = settingsOf<{ rounds: number; count: number; limit?: number }>()
const settled = Promise.resolve()
let ended = 0

function child(): void {
  wait(settled)
  ended++
}

async function asyncChild(): Promise<void> {
  await settled
  ended++
}

function green(): void {
  const options = limit === undefined ? {} : { limit }
  scope((s) => {
    for (let i = 0; i < count; i++) s.spawn(child)
  }, options)
}

type Start = () => Promise<void>

function peers(): Record<string, Start> {
  if (limit === undefined) return { 'Promise.all': asyncChild }
  const limited = pLimit(limit)
  const queue = new PQueue({ concurrency: limit })
  return { 'p-limit': () => limited(asyncChild), 'p-queue': () => queue.add(asyncChild) }
}

function sample(run: () => PromiseLike<unknown>): Sample {
  return perAsyncOperation(count, async () => {
    ended = 0
    await run()
    if (ended !== count) throw new Error(`${ended} ended, not ${count}`)
  })
}

function all(start: Start): Sample {
  return sample(() => Promise.all(Array.from({ length: count }, start)))
}

report(
  await compare(
    sample(() => spawn(green)),
    Object.fromEntries(Object.entries(peers()).map(([name, start]) => [name, all(start)])),
    { rounds },
  ),
)
