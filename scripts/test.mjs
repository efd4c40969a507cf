import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { currentNode } from './node-versions.mjs'
import { main, say } from './process.mjs'
import { runSuite, summary, testFiles } from './suite.mjs'
import { compile } from './typescript.mjs'

const usage = `npm test                      installs and builds what is stale, runs every test
npm test -- wait core/scope   only the test files whose path holds one of these words`

await main(async () => {
  const words = process.argv.slice(2)
  if (words.includes('--help')) {
    process.stdout.write(`${usage}\n`)
    return
  }
  await ensureInstalled()
  await ensureAddons(currentNode())
  say('compiling the TypeScript')
  await compile()
  const files = testFiles(
    words.map((word) => word.replace(/\.ts$/, '.js').replace(/^test\//, 'dist-test/')),
  )
  say(`running ${files.length} test files`)
  const counts = await runSuite(process.execPath, files)
  process.stdout.write(`\n${summary(counts)}\n`)
  if (counts.failed > 0) process.exitCode = 1
})
