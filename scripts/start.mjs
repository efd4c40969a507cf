import { join } from 'node:path'
import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { currentNode } from './node-versions.mjs'
import { main, root, say, start } from './process.mjs'
import { compile } from './typescript.mjs'

await main(async () => {
  await ensureInstalled()
  await ensureAddons(currentNode())
  say('compiling the TypeScript')
  await compile('app')
  const { code } = await start(process.execPath, ['dist/src/main.js', ...process.argv.slice(2)], {
    cwd: join(root, 'app'),
  })
  process.exitCode = code ?? 130
})
