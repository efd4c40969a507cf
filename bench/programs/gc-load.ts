import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { spawn, wait } from 'greenthreads'
import { Crowd, type CrowdKind } from '../harness/crowd.ts'
import { report, settingsOf } from '../harness/program.ts'
import { quantile } from '../harness/statistics.ts'

// A server's work while many calls are suspended: short calls that suspend once, objects that live as long as
// a request, and a lot that nobody keeps. Reports the pauses of minor collections, the longest of the first ones
// apart, and what was done once these were over.
const { kind, count, runMs } = settingsOf<{ kind: CrowdKind; count: number; runMs: number }>()
const callsPerTurn = 50
const objectsPerCall = 200
const keptObjects = 20_000
const firstCollections = 6

const kept: object[] = []
let made = 0

function makeObjects(): void {
  for (let i = 0; i < objectsPerCall; i++) {
    kept[made++ % keptObjects] = { number: i, pair: [i, i], text: `object ${made}` }
  }
}

function call(turn: Promise<void>): void {
  makeObjects()
  wait(turn)
  makeObjects()
}

async function asyncCall(turn: Promise<void>): Promise<void> {
  makeObjects()
  await turn
  makeObjects()
}

const pauses: number[] = []
const observer = new PerformanceObserver((list) => {
  for (const entry of list.getEntries() as (PerformanceEntry & { detail: { kind: number } })[]) {
    if (entry.detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) pauses.push(entry.duration)
  }
})
observer.observe({ entryTypes: ['gc'] })

const crowd = new Crowd(kind)
crowd.suspend(count)
let calls = 0
// What suspending them took is told at the end of a turn.
await nextTurn()
await nextTurn()
pauses.length = 0
await callFor(runMs / 4, () => pauses.length >= firstCollections)
const firstPauseMs = Math.max(...pauses)
pauses.length = 0
const callsBefore = calls
const elapsedMs = await callFor(runMs, () => pauses.length > 0)
await nextTurn()
observer.disconnect()
await crowd.release()
if (made !== calls * objectsPerCall * 2)
  throw new Error(`${made} objects were made in ${calls} calls`)
report({
  firstPauseMs,
  pauseMs: quantile(pauses, 0.99),
  callsPerSecond: ((calls - callsBefore) / elapsedMs) * 1000,
})

/** For at least so long, and until it is enough. */
async function callFor(leastMs: number, isEnough: () => boolean): Promise<number> {
  const start = performance.now()
  while (performance.now() - start < leastMs || !isEnough()) {
    const turn = nextTurn()
    for (let i = 0; i < callsPerTurn; i++) {
      if (kind === 'green') spawn(call, turn)
      else asyncCall(turn)
    }
    await nextTurn()
    calls += callsPerTurn
  }
  return performance.now() - start
}
