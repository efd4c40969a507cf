import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { currentNode, nodeOf } from './node-versions.mjs'
import { main, StepFailed, say } from './process.mjs'

const usage = `npm run build:native                 builds the native addon for the Node that runs it
npm run build:native -- 22 24 26     and for those versions too, which npm's Node packages bring`

await main(async () => {
  const args = process.argv.slice(2)
  if (args.includes('--help')) {
    process.stdout.write(`${usage}\n`)
    return
  }
  const wrong = args.find((arg) => !/^\d+$/.test(arg))
  if (wrong !== undefined)
    throw new StepFailed(`"${wrong}" is not a major version of Node.\n\n${usage}`)

  await ensureInstalled()
  await ensureAddons(currentNode())
  for (const major of new Set(args.map(Number))) await ensureAddons(await nodeOf(major))
  say('the native addon is up to date')
})
