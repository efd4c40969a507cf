import { join } from 'node:path'
import { ensureInstalled } from './installation.mjs'
import { main, root, StepFailed, say, start } from './process.mjs'
import { compile } from './typescript.mjs'

/** Each tool is the JavaScript file of its package that its bin names: no shell, no PATH. */
const checks = [
  {
    what: 'format, lint, layers, import cycles',
    tool: '@biomejs/biome/bin/biome',
    args: ['check', '--error-on-warnings'],
  },
  { what: 'unused files, exports and dependencies', tool: 'knip/bin/knip.js', args: [] },
  { what: 'the package as published', tool: 'publint/src/cli.js', args: ['--strict'] },
  {
    what: 'types as users resolve them',
    tool: '@arethetypeswrong/cli/dist/index.js',
    // What a module of entries/ gives to require() is the ES module itself, whose types are right.
    args: '--pack . --profile esm-only --format ascii --ignore-rules false-esm'.split(' '),
  },
]

await main(async () => {
  await ensureInstalled()
  say('types')
  // The checks of the published package look at dist/.
  await compile()
  let failed = 0
  for (const { what, tool, args } of checks) {
    say(what)
    const { code } = await start(process.execPath, [join(root, 'node_modules', tool), ...args])
    if (code !== 0) failed++
  }
  process.stdout.write(`\n${checks.length + 1 - failed} passed, ${failed} failed\n`)
  if (failed > 0) throw new StepFailed('Lint found something: see above.')
})
