import { Crowd, type CrowdKind } from '../harness/crowd.ts'
import { report, settingsOf } from '../harness/program.ts'

// A program that allocates all the time and keeps next to nothing, while many calls are suspended.
// V8 then keeps its nursery small and collects it often, and every collection visits every stack.
const { kind, count, objects } = settingsOf<{ kind: CrowdKind; count: number; objects: number }>()

export let keep: unknown

function allocate(): void {
  for (let i = 0; i < objects; i++) keep = { number: i, pair: [i, i], text: 'x' }
}

const crowd = new Crowd(kind)
crowd.suspend(count)
allocate()
const start = performance.now()
for (let i = 0; i < 5; i++) allocate()
const elapsedMs = performance.now() - start
await crowd.release()
report(elapsedMs)
