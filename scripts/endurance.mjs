import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { currentNode } from './node-versions.mjs'
import { main, say } from './process.mjs'
import { runSuite, summary } from './suite.mjs'
import { compile } from './typescript.mjs'

const usage = `npm run test:connections      800 users share 10 connections to PostgreSQL
npm run test:replicas         two replicas behind nginx share PostgreSQL and Redis`

await main(async () => {
  const names = process.argv.slice(2).filter((name) => !name.startsWith('-'))
  if (process.argv.includes('--help') || names.length === 0) {
    process.stdout.write(`${usage}\n`)
    return
  }
  await ensureInstalled()
  await ensureAddons(currentNode())
  say('compiling the TypeScript')
  await compile()
  const files = names.map((name) => `app/dist/endurance/${name}.test.js`)
  const counts = await runSuite(process.execPath, files)
  process.stdout.write(`\n${summary(counts)}\n`)
  if (counts.failed > 0) process.exitCode = 1
})
