import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { backend } from 'greenthreads'
import type { Comparison } from './comparison.ts'
import { printTable } from './table.ts'

export interface Measurement {
  name: string
  unit: string
  run(settings: RunSettings): Promise<Comparison>
}

export interface RunSettings {
  /** Pairs per measurement. */
  rounds: number
  /** How much longer or shorter than usual one sample is. */
  scale: number
}

export interface Result extends Comparison {
  name: string
  unit: string
}

export interface Report {
  suite: string
  node: string
  backend: string
  results: Result[]
}

const options = {
  json: { type: 'boolean', default: false },
  save: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string', default: '15' },
  help: { type: 'boolean', default: false },
} as const

export const optionsHelp = `  --json      print one JSON object instead of a table
  --save      write bench/results/<suite>-node<major>-<backend>.json as well
  --rounds N  so many pairs of samples (15)
  --quick     few and short samples: shows that everything runs, says nothing about speed
  NAME...     only measurements whose name contains one of these words
GREENTHREADS_BACKEND=stack|thread chooses the backend.`

/** The command line of a suite. */
export async function runSuite(suite: string, measurements: Measurement[]): Promise<void> {
  const { values, positionals: words } = parseArgs({ options, allowPositionals: true })
  if (values.help) {
    console.log(`npm run bench:${suite} -- [options] [NAME...]\n\n${optionsHelp}\n\nMeasurements:`)
    for (const { name, unit } of measurements) console.log(`  ${name} (${unit})`)
    return
  }
  const chosen = measurements.filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  )
  if (chosen.length === 0) throw new Error(`No measurement of ${suite} has one of: ${words}`)
  if (values.quick && values.save) throw new Error('--quick gives no figures worth saving.')
  const settings = values.quick
    ? { rounds: 3, scale: 0.1 }
    : { rounds: roundsOf(values.rounds), scale: 1 }

  const results: Result[] = []
  for (const { name, unit, run } of chosen) {
    process.stderr.write(`${name} ...\n`)
    results.push({ name, unit, ...(await run(settings)) })
  }
  const report = { suite, node: process.versions.node, backend, results }
  if (values.save) save(report)
  if (values.json) console.log(JSON.stringify(report))
  else printTable(report)
}

function save(report: Report): void {
  const folder = new URL('../../results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const file = `${report.suite}-node${report.node.split('.')[0]}-${report.backend}.json`
  writeFileSync(new URL(file, folder), `${JSON.stringify(report, null, 2)}\n`)
}

function roundsOf(text: string): number {
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds >= 3) return rounds
  throw new RangeError(`--rounds must be a whole number from 3 on, but it is "${text}".`)
}
