import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { currentNode } from './node-versions.mjs'
import { main, root, say } from './process.mjs'
import { runSuite, summary } from './suite.mjs'
import { compile } from './typescript.mjs'

const usage = `npm run test:browser   the pages of app/ in Chromium: /usr/bin/chromium, or CHROMIUM_PATH`
const folder = join('app', 'dist', 'browser')

await main(async () => {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${usage}\n`)
    return
  }
  await ensureInstalled()
  await ensureAddons(currentNode())
  say('compiling the TypeScript')
  await compile('app')
  const files = readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => join(folder, file))
  const counts = await runSuite(process.execPath, files)
  process.stdout.write(`\n${summary(counts)}\n`)
  if (counts.failed > 0) process.exitCode = 1
})
