import { setImmediate as nextTurn } from 'node:timers/promises'
import { Crowd, type CrowdKind } from '../harness/crowd.ts'
import { report, settingsOf } from '../harness/program.ts'
import { quantile } from '../harness/statistics.ts'

// How long a minor collection pauses the program while many calls are suspended, in ms.
const { kind, count, collections } = settingsOf<{
  kind: CrowdKind
  count: number
  collections: number
}>()

const { gc } = globalThis
if (gc === undefined) throw new Error('Needs --expose-gc.')

const crowd = new Crowd(kind)
crowd.suspend(count)
gc()
await nextTurn()

let keep: unknown
const pauses: number[] = []
for (let i = 0; i < collections; i++) {
  // A little fresh garbage and a few survivors, as a server has between two collections.
  for (let j = 0; j < 2000; j++) keep = { before: j % 100 === 0 ? keep : undefined, list: [j] }
  const start = performance.now()
  gc({ type: 'minor', execution: 'sync' } as never)
  pauses.push(performance.now() - start)
}
await crowd.release()
report(quantile(pauses, 0.5))
