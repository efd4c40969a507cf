import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { currentNode } from './node-versions.mjs'
import { oldFibers } from './old-fibers.mjs'
import { main, root, StepFailed, say, start } from './process.mjs'
import { compile } from './typescript.mjs'

const needsOldFibers = ['fibers', 'peers']

await main(async () => {
  const [name, ...args] = process.argv.slice(2)
  await ensureInstalled()
  await ensureAddons(currentNode())
  say('compiling the TypeScript')
  // What CommonJS gets is a project of its own.
  await compile('bench', 'src/commonjs')
  const program = join(root, 'bench', 'dist', `${name}.js`)
  if (!existsSync(program)) throw new StepFailed(`There is no bench/${name}.ts`)
  const env = { ...process.env, ...(needsOldFibers.includes(name) && (await peerOfFibers())) }
  const { code } = await start(process.execPath, [program, ...args], {
    cwd: join(root, 'bench'),
    env,
  })
  process.exitCode = code ?? 130
})

async function peerOfFibers() {
  const { binary, fibers } = await oldFibers()
  return { BENCH_FIBERS_NODE: binary, BENCH_FIBERS_PACKAGE: fibers }
}
