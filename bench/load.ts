import { parseArgs } from 'node:util'
import { backend } from 'greenthreads'
import { saveLoad } from './load/load-files.ts'
import { figuresOf, type LoadReport, type ModeRuns, notesOf } from './load/load-report.ts'
import { loadTable } from './load/load-table.ts'
import {
  type LoadMode,
  loadModes,
  mostUsers,
  runScenario,
  type Scenario,
  type ScenarioRun,
} from './load/scenario.ts'
import { stepLine } from './load/step-line.ts'

const help = `npm run bench:load -- [options] [MODE...]   the service in the modes threads, green and async

Users in a closed loop join in steps, and a front client asks a cheap page all the while, until somebody is
denied service. Two scenarios: an upstream that takes half a second, and the same with a pool of 50 connections
towards it. Takes about eight minutes, and needs PostgreSQL (BENCH_DATABASE_URL).

  --json     print one JSON object instead of a table
  --save     write bench/results/load.json and the charts beside it
  --quick    few users and short steps: shows that everything runs, says nothing about speed`

const { values, positionals: words } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})

const cappedConnections = 50
const highest = mostUsers(cappedConnections)

const slow: Scenario = {
  name: 'slow upstream',
  upstreamConnections: 4000,
  ladder: values.quick ? [20, 40] : [40, 100, 200, 400, 800, 1600, 3200],
  stepMs: values.quick ? 1500 : 5000,
}
const capped: Scenario = {
  name: 'capped upstream',
  upstreamConnections: cappedConnections,
  ladder: values.quick
    ? [20, 80]
    : [20, 40, 60, 80, 100, 200, 400, 800, 1600, 4000, 8000, 12_000, 16_000, 18_000].filter(
        (users) => users <= highest,
      ),
  stepMs: values.quick ? 1500 : 4000,
}

if (values.help) console.log(help)
else await main(chosenModes())

async function main(modes: readonly LoadMode[]): Promise<void> {
  if (values.quick && values.save) throw new Error('--quick gives no figures worth saving.')
  const ofModes = new Map<LoadMode, ModeRuns>()
  for (const mode of modes) {
    ofModes.set(mode, { slow: await run(slow, mode), capped: await run(capped, mode) })
  }
  const runs = [...ofModes.values()].flatMap((of) => [of.slow, of.capped])
  const figures = figuresOf(ofModes)
  const notes = notesOf(runs, highest)
  const node = process.versions.node
  const report: LoadReport = { suite: 'load', node, backend, modes: figures, runs, notes }
  if (values.save) saveLoad(report)
  if (values.json) console.log(JSON.stringify(report))
  else console.log(`\n${loadTable(report)}\n${notes.join('\n')}`)
}

function run(scenario: Scenario, mode: LoadMode): Promise<ScenarioRun> {
  process.stderr.write(`${scenario.name}, ${mode}\n`)
  return runScenario(scenario, mode, (step) => process.stderr.write(`  ${stepLine(step)}\n`))
}

function chosenModes(): readonly LoadMode[] {
  const unknown = words.find((word) => !loadModes.includes(word as LoadMode))
  if (unknown !== undefined) {
    throw new Error(`There is no mode ${unknown}: there are ${loadModes.join(', ')}.`)
  }
  return loadModes.filter((mode) => words.length === 0 || words.includes(mode))
}
