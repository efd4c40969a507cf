import { ensureInstalled } from './installation.mjs'
import { main } from './process.mjs'
import { compile } from './typescript.mjs'

await main(async () => {
  await ensureInstalled()
  await compile(...process.argv.slice(2))
})
