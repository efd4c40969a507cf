// npm runs this where the package is installed: compiles the native addon if none was published
// for this platform and version of Node.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { main, root, run, StepFailed, say } from './process.mjs'
import { requireToolchain } from './toolchain.mjs'

await main(async () => {
  const isCheckout = existsSync(join(root, 'src', 'tsconfig.json'))
  const { platform, arch, versions } = process
  const published = join(
    root,
    'prebuilds',
    `${platform}-${arch}`,
    `node.abi${versions.modules}.node`,
  )
  // In a checkout `npm run build:native` does this, for several versions side by side.
  if (isCheckout || existsSync(published)) return

  say(`no addon was published for ${platform}-${arch}, Node ${versions.node}: compiling it`)
  requireToolchain()
  const nodeGyp = process.env.npm_config_node_gyp
  if (nodeGyp === undefined)
    throw new StepFailed('This script runs inside of npm:  npm rebuild greenthreads')
  await run(process.execPath, [nodeGyp, 'rebuild', '--loglevel=error'], 'Compiling the addon')
})
