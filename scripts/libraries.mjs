import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { supportedMajors } from './node-versions.mjs'
import { cellOptions, chosenBackends, chosenNodes, readOptions } from './options.mjs'
import { main, StepFailed, say } from './process.mjs'
import { runSuite, summary } from './suite.mjs'
import { compile } from './typescript.mjs'

const folder = join('test', 'libraries')
const usage = `npm run test:libraries                               libraries of others under the preload, on Node ${supportedMajors.join(', ')}, both backends
npm run test:libraries -- --node 22 --backend stack  only these (repeat or separate by commas)
npm run test:libraries -- sentry                     only the test files whose name holds this

The libraries are installed in ${folder}, not with the project's own dependencies.`

await main(async () => {
  const { values, words } = readOptions(usage, cellOptions)
  const backends = chosenBackends(values)
  await ensureInstalled()
  await ensureInstalled(folder)
  const nodes = await chosenNodes(values)
  say('compiling the TypeScript')
  await compile('src')
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.test.mjs'))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .map((file) => join(folder, file))
  if (files.length === 0) throw new StepFailed(`No test file's name holds ${words.join(' or ')}`)

  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const node of nodes) {
    await ensureAddons(node)
    for (const backend of backends) {
      const counts = await runSuite(node.binary, files, {
        backend,
        name: `libraries-${node.major}-${backend}`,
        flags: ['--import', 'greenthreads/register'],
      })
      say(`Node ${node.version} ${backend}: ${summary(counts)}`)
      for (const key of Object.keys(total)) total[key] += counts[key]
    }
  }
  process.stdout.write(`\n${summary(total)}\n`)
  if (total.failed > 0) process.exitCode = 1
})
