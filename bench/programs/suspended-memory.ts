import { readFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Crowd, type CrowdKind } from '../harness/crowd.ts'
import { report, settingsOf } from '../harness/program.ts'

// What the process grows by for each suspended call, after full collections.
const { kind, count } = settingsOf<{ kind: CrowdKind; count: number }>()

interface Memory {
  rss: number
  pss: number
  pageTables: number
}

async function memory(): Promise<Memory> {
  for (let i = 0; i < 4; i++) {
    global.gc?.()
    await nextTurn()
  }
  const mappings = readFileSync('/proc/self/smaps_rollup', 'utf8')
  const status = readFileSync('/proc/self/status', 'utf8')
  return {
    rss: kilobytes(mappings, 'Rss') * 1024,
    pss: kilobytes(mappings, 'Pss') * 1024,
    pageTables: kilobytes(status, 'VmPTE') * 1024,
  }
}

function kilobytes(text: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)
  if (match === null) throw new Error(`The system does not tell ${name}.`)
  return Number(match[1])
}

const warmUp = new Crowd(kind)
warmUp.suspend(100)
await warmUp.release()
await memory()

const crowd = new Crowd(kind)
const before = await memory()
crowd.suspend(count)
const after = await memory()
await crowd.release()
report({
  rss: (after.rss - before.rss) / count,
  pss: (after.pss - before.pss) / count,
  pageTables: (after.pageTables - before.pageTables) / count,
})
