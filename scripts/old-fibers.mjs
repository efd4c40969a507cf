import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fetchPackage, nodeOf } from './node-versions.mjs'
import { root, say } from './process.mjs'

/** The package fibers 5, which has binaries for Node 14, and that Node: `{ binary, fibers }`, fetched into .cache/. */
export async function oldFibers() {
  const { binary } = await nodeOf(14)
  const folder = join(root, '.cache', 'fibers-5')
  const fibers = join(folder, 'node_modules', 'fibers')
  if (!existsSync(fibers)) {
    say('fetching fibers 5 into .cache/fibers-5')
    await fetchPackage('fibers@5', folder)
  }
  return { binary, fibers }
}
