import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { backend } from 'greenthreads'
import { majorOf, savedReports } from './harness/document.ts'
import { regressions, type Verdict } from './harness/regression.ts'
import type { Report } from './harness/suite.ts'

const help = `npm run bench:check -- [SUITE...]   holds three runs against the ratios in bench/results

Fails when the median of a ratio is more than 20 % worse than the committed one of this Node.js and backend.
About five minutes. Measure on a machine without other work: ratios are robust, but not against everything.`

/** What is fast to measure and tells most: the whole suites would take an hour three times over. */
const checked: Readonly<Record<string, readonly string[]>> = {
  core: [
    'greenlet-switch',
    'spawn-finish',
    'wait-settled',
    'spawn-wait-depth-10',
    'minor-gc-10000',
  ],
  sync: ['lock-handover', 'channel-handover', 'pool-map', 'yield'],
  http: ['http-green'],
}
const runCount = 3
const run = promisify(execFile)

const { values, positionals: words } = parseArgs({
  options: { help: { type: 'boolean', default: false } },
  allowPositionals: true,
})

if (values.help) console.log(help)
else await main(words.length === 0 ? Object.keys(checked) : words)

async function main(suites: readonly string[]): Promise<void> {
  const verdicts: Verdict[] = []
  for (const suite of suites) verdicts.push(...(await verdictsOf(suite)))
  for (const { what, isWell, loss } of verdicts) {
    console.log(`${isWell ? '✔' : '✖'} ${what}: ${loss.toFixed(2)} of the committed ratio`)
  }
  const failed = verdicts.filter(({ isWell }) => !isWell).length
  console.log(`${verdicts.length - failed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

async function verdictsOf(suite: string): Promise<Verdict[]> {
  const names = checked[suite]
  if (names === undefined) {
    throw new Error(`There is no suite ${suite} to check: there are ${Object.keys(checked)}.`)
  }
  const committed = committedReport(suite)
  const runs: Report[] = []
  for (let i = 1; i <= runCount; i++) {
    process.stderr.write(`${suite}, run ${i} of ${runCount}\n`)
    runs.push(await measured(suite, names))
  }
  return regressions(committed, runs)
}

async function measured(suite: string, names: readonly string[]): Promise<Report> {
  const program = fileURLToPath(new URL(`${suite}.js`, import.meta.url))
  const options = ['--json', '--rounds', '7', ...names]
  const { stdout } = await run(process.execPath, [program, ...options])
  return JSON.parse(stdout) as Report
}

function committedReport(suite: string): Report {
  const major = Number(process.versions.node.split('.')[0])
  const report = savedReports().find((one) => {
    return one.suite === suite && one.backend === backend && majorOf(one) === major
  })
  if (report !== undefined) return report
  throw new Error(
    `bench/results has no ${suite} of Node ${major} on the ${backend} backend to compare with.\n` +
      `Measure it:  npm run bench:${suite} -- --save`,
  )
}
