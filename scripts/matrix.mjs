import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { supportedMajors } from './node-versions.mjs'
import { cellOptions, chosenBackends, chosenNodes, readOptions } from './options.mjs'
import { main, say } from './process.mjs'
import { runSuite, summary, testFiles } from './suite.mjs'
import { compile } from './typescript.mjs'

const usage = `npm run test:matrix                                  the whole suite on Node ${supportedMajors.join(', ')}, both backends
npm run test:matrix -- --node 22 --backend stack     only these (repeat or separate by commas)
npm run test:matrix -- core/wait                     only the test files whose path holds this`

await main(async () => {
  const { values, words } = readOptions(usage, cellOptions)
  const backends = chosenBackends(values)
  await ensureInstalled()
  const nodes = await chosenNodes(values)
  say('compiling the TypeScript')
  await compile()
  const files = testFiles(words)

  const cells = []
  for (const node of nodes) {
    await ensureAddons(node)
    for (const backend of backends) {
      const name = `Node ${node.version} ${backend}`
      say(`${name}: ${files.length} test files`)
      const began = Date.now()
      const counts = await runSuite(node.binary, files, {
        backend,
        name: `${node.major}-${backend}`,
      })
      cells.push({ name, ...counts, seconds: (Date.now() - began) / 1000 })
      say(`${name}: ${summary(counts)}`)
    }
  }
  print(cells)
  if (cells.some(({ failed }) => failed > 0)) process.exitCode = 1
})

function print(cells) {
  const total = { passed: 0, failed: 0, skipped: 0 }
  process.stdout.write(
    `\n${'cell'.padEnd(24)}${['passed', 'failed', 'skipped', 'seconds'].map((head) => head.padStart(9)).join('')}\n`,
  )
  for (const cell of cells) {
    for (const key of Object.keys(total)) total[key] += cell[key]
    const numbers = [cell.passed, cell.failed, cell.skipped, cell.seconds.toFixed(1)]
    process.stdout.write(
      `${cell.name.padEnd(24)}${numbers.map((value) => String(value).padStart(9)).join('')}\n`,
    )
  }
  process.stdout.write(`\n${summary(total)}\n`)
}
