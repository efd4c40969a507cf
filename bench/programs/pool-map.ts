import { Pool, spawn, wait } from 'greenthreads'
import pLimit from 'p-limit'
import PQueue from 'p-queue'
import { compare } from '../harness/comparison.ts'
import { report, settingsOf } from '../harness/program.ts'
import { perAsyncOperation } from '../harness/timing.ts'

// Many small pieces of asynchronous work, so many at a time. Promise.all alone has no limit.
const { rounds, count } = settingsOf<{ rounds: number; count: number }>()
const concurrency = 50
const items = Array.from({ length: count }, (_, index) => index)

async function work(item: number): Promise<number> {
  await undefined
  return item + 1
}

const pool = new Pool(concurrency)
const limit = pLimit(concurrency)
const queue = new PQueue({ concurrency })

function checked(map: () => PromiseLike<number[]>): () => Promise<void> {
  return async () => {
    const results = await map()
    if (results.length !== count || results.at(-1) !== count) throw new Error('Results are missing')
  }
}

report(
  await compare(
    perAsyncOperation(
      count,
      checked(() => spawn(() => pool.map(items, (item) => wait(work(item))))),
    ),
    {
      'p-limit': perAsyncOperation(
        count,
        checked(() => limit.map(items, work)),
      ),
      'p-queue': perAsyncOperation(
        count,
        checked(() => queue.addAll(items.map((item) => () => work(item)))),
      ),
      'Promise.all': perAsyncOperation(
        count,
        checked(() => Promise.all(items.map(work))),
      ),
    },
    { rounds },
  ),
)
