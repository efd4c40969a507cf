// Writes the modules of entries/ anew, from what the modules in dist/ export: `node scripts/entries.mjs`.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { main, root, say, start } from './process.mjs'

await main(async () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const target of Object.values(exports)) {
    // The preload, which is not here, waits at its top level, and patches.
    if (typeof target === 'object' && !target.default?.endsWith('/register.js')) {
      await write(target.import ?? target)
    }
  }
  await start(process.execPath, [
    join(root, 'node_modules/@biomejs/biome/bin/biome'),
    'format',
    '--write',
    'entries',
  ])
})

async function write({ types, require, default: entry }) {
  const file = types.replace('./dist/', '').replace(/\.d\.ts$/, '.js')
  const names = Object.keys(await import(pathToFileURL(join(root, 'dist', file)).href))
  writeFileSync(join(root, entry), entryFor(file, names))
  if (require === undefined) return
  writeFileSync(join(root, require), `module.exports = require('./shared.cjs').load('${file}')\n`)
  say(entry)
}

function entryFor(file, names) {
  const named = names.filter((name) => name !== 'default').sort()
  const list = named.length === 0 ? '' : `export const { ${named.join(', ')} } = loaded\n`
  const whole = names.includes('default') ? 'export default loaded.default\n' : ''
  const loading = list + whole === '' ? '' : 'const loaded = '
  return `import { load } from './shared.cjs'\n\n${loading}load('${file}')\n\n${list}${whole}`
}
