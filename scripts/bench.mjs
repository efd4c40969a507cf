import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { currentNode } from './node-versions.mjs'
import { main, root, StepFailed, say, start } from './process.mjs'
import { compile } from './typescript.mjs'

await main(async () => {
  const [name, ...args] = process.argv.slice(2)
  await ensureInstalled()
  await ensureAddons(currentNode())
  say('compiling the TypeScript')
  await compile('bench')
  const program = join(root, 'bench', 'dist', `${name}.js`)
  if (!existsSync(program)) throw new StepFailed(`There is no bench/${name}.ts`)
  const { code } = await start(process.execPath, [program, ...args], { cwd: join(root, 'bench') })
  process.exitCode = code ?? 130
})
