import { Mutex } from 'async-mutex'
import { Lock, spawn } from 'greenthreads'
import pLimit from 'p-limit'
import PQueue from 'p-queue'
import { compare, type Sample } from '../harness/comparison.ts'
import { report, settingsOf } from '../harness/program.ts'
import { perAsyncOperation } from '../harness/timing.ts'

// Two that take turns: each release hands the lock to the other one, who waits for it.
const { rounds, count } = settingsOf<{ rounds: number; count: number }>()
const turns = count / 2
let inside = 0

const lock = new Lock()
function green(): void {
  for (let i = 0; i < turns; i++) {
    lock.acquire()
    inside++
    lock.release()
  }
}

const mutex = new Mutex()
async function withMutex(): Promise<void> {
  for (let i = 0; i < turns; i++) {
    const release = await mutex.acquire()
    inside++
    release()
  }
}

type Run = (fn: () => void) => Promise<unknown>

function taking(run: Run): () => Promise<void> {
  return async () => {
    for (let i = 0; i < turns; i++) await run(() => inside++)
  }
}

async function both(start: () => PromiseLike<void>): Promise<void> {
  inside = 0
  await Promise.all([start(), start()])
  if (inside !== 2 * turns) throw new Error(`${inside} turns, not ${2 * turns}`)
}

function pair(start: () => PromiseLike<void>): Sample {
  return perAsyncOperation(count, () => both(start))
}

const limit = pLimit(1)
const queue = new PQueue({ concurrency: 1 })

/** Held while both come: else the first would never find it taken, as it does not suspend. */
async function greenPair(): Promise<void> {
  lock.acquire()
  const pair = both(() => spawn(green))
  lock.release()
  await pair
}

report(
  await compare(
    perAsyncOperation(count, greenPair),
    {
      'async-mutex': pair(withMutex),
      'p-limit': pair(taking((fn) => limit(fn))),
      'p-queue': pair(taking((fn) => queue.add(async () => fn()))),
    },
    { rounds },
  ),
)
