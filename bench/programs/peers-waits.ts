import { setTimeout as delay } from 'node:timers/promises'
import deasync from 'deasync'
import { Effect } from 'effect'
import { all, sleep as effectionSleep, run } from 'effection'
import { Pool, sleep, toAsync } from 'greenthreads'
import pLimit from 'p-limit'
import { createSyncFn } from 'synckit'
import { compare } from '../harness/comparison.ts'
import { report, settingsOf } from '../harness/program.ts'

// How long it takes until so many calls have returned, each of which waits 10 ms, 50 of them at a time: in ms.
const { rounds, count } = settingsOf<{ rounds: number; count: number }>()
const atATime = 50
const eachMs = 10

const calls = Array.from({ length: count }, (_, index) => index)
const bySynckit = createSyncFn(new URL('./synckit-upstream.js', import.meta.url).href)
const byDeasync = deasync((done: (error: null) => void) => setTimeout(done, eachMs, null))

const timed = (block: () => Promise<unknown>) => async (): Promise<number> => {
  const start = performance.now()
  await block()
  return performance.now() - start
}

report(
  await compare(
    timed(() => toAsync(() => new Pool(atATime).map(calls, () => sleep(eachMs)))()),
    {
      'p-limit': timed(() => {
        const limit = pLimit(atATime)
        return Promise.all(calls.map(() => limit(() => delay(eachMs))))
      }),
      effect: timed(() =>
        Effect.runPromise(
          Effect.all(
            calls.map(() => Effect.sleep(eachMs)),
            { concurrency: atATime },
          ),
        ),
      ),
      'effection, without a limit': timed(() =>
        run(() => all(calls.map(() => effectionSleep(eachMs)))),
      ),
      synckit: timed(async () => {
        for (const _ of calls) bySynckit('7701')
      }),
      deasync: timed(async () => {
        for (const _ of calls) byDeasync()
      }),
    },
    { rounds },
  ),
)
