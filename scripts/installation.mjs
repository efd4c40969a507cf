import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { npm, root, say } from './process.mjs'

/** Installs a folder's dependencies when what is in node_modules is not what package-lock.json asks for. */
export async function ensureInstalled(folder = '.') {
  const place = join(root, folder)
  const reason = whyStale(place)
  if (reason === undefined) return
  say(`installing dependencies${folder === '.' ? '' : ` of ${folder}`}: ${reason}`)
  await npm(['ci', '--no-audit', '--no-fund'], 'npm ci', { cwd: place })
}

function whyStale(place) {
  // npm writes this file last, so an interrupted installation does not have it.
  const installed = packagesOf(join(place, 'node_modules', '.package-lock.json'))
  if (installed === undefined) return 'there are none yet'
  const locked = packagesOf(join(place, 'package-lock.json')) ?? {}
  for (const [path, { version, link, optional }] of Object.entries(locked)) {
    if (!path.startsWith('node_modules/') || link) continue
    const present = installed[path]
    // Optional packages are those built for other platforms.
    if (present === undefined && optional) continue
    if (present?.version !== version)
      return `${path} is ${present?.version ?? 'missing'}, package-lock.json has ${version}`
  }
  return undefined
}

function packagesOf(lockFile) {
  if (!existsSync(lockFile)) return undefined
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages
}
