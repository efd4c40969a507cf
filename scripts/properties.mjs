import { basename } from 'node:path'
import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { currentNode } from './node-versions.mjs'
import { chosenBackends, readOptions } from './options.mjs'
import { main, StepFailed, say } from './process.mjs'
import { runSuite, summary, testFiles } from './suite.mjs'
import { compile } from './typescript.mjs'

const programs = 10_000
const calls = 1000
const usage = `npm run test:properties                                    ${programs} random programs, and ${calls} random calls of each patched
                                                           function, with each backend
npm run test:properties -- --runs 100000 --backend stack   more programs, with one
npm run test:properties -- fs. --calls 5000                 calls of the functions of node:fs
npm run test:properties -- order --seed 1 --path 3:1       one that failed: seed and path are what the failure shows`

await main(async () => {
  const { values, words } = readOptions(usage, {
    backend: { type: 'string', multiple: true },
    runs: { type: 'string', default: String(programs) },
    calls: { type: 'string', default: String(calls) },
    seed: { type: 'string' },
    path: { type: 'string' },
  })
  // The programs are told by the environment, which is how a single test file can be told as well.
  process.env.GREENTHREADS_PROPERTY_RUNS = values.runs
  process.env.GREENTHREADS_TEST_CALLS = values.calls
  if (values.seed) process.env.GREENTHREADS_PROPERTY_SEED = values.seed
  if (values.path) process.env.GREENTHREADS_PROPERTY_PATH = values.path
  await ensureInstalled()
  await ensureAddons(currentNode())
  say('compiling the TypeScript')
  await compile()
  const files = testFiles(['dist-test/properties/', '.differential.test.js']).filter(
    (file) => words.length === 0 || words.some((word) => basename(file).startsWith(word)),
  )
  if (files.length === 0)
    throw new StepFailed(`No test file's name begins with ${words.join(' or ')}`)
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const backend of chosenBackends(values)) {
    say(`${values.runs} programs, ${backend} backend`)
    const counts = await runSuite(process.execPath, files, {
      backend,
      name: `properties-${backend}`,
    })
    for (const key of Object.keys(total)) total[key] += counts[key]
  }
  process.stdout.write(`\n${summary(total)}\n`)
  if (total.failed > 0) process.exitCode = 1
})
