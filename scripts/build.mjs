import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { currentNode } from './node-versions.mjs'
import { main, say } from './process.mjs'
import { compile } from './typescript.mjs'

await main(async () => {
  await ensureInstalled()
  await ensureAddons(currentNode())
  say('compiling the TypeScript')
  await compile()
})
