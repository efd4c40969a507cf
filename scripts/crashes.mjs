import { join } from 'node:path'
import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { currentNode } from './node-versions.mjs'
import { main, root, say, start } from './process.mjs'
import { compile } from './typescript.mjs'

const usage = `npm run test:crashes                     kills processes of the payments service a hundred times, then audits the books
npm run test:crashes -- --kills 20       fewer (and --embedded-kills, of the embedded database's one process)
npm run test:crashes -- --seed 7         the same moments again`

await main(async () => {
  const options = process.argv.slice(2)
  if (options.includes('--help')) {
    process.stdout.write(`${usage}\n`)
    return
  }
  await ensureInstalled()
  await ensureAddons(currentNode())
  say('compiling the TypeScript')
  await compile('app')
  const program = join(root, 'app', 'dist', 'test', 'crashes', 'main.js')
  const { code } = await start(process.execPath, [program, ...options])
  process.exitCode = code ?? 130
})
