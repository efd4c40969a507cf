import { fileURLToPath } from 'node:url'
import type { FibersHost } from './fibers-program.ts'

/** `greenthreads/fibers` on this Node.js, and fibers 5 on the one it runs on: `npm run` brings that peer. */
export function fibersHosts(): { ours: FibersHost; theirs: FibersHost } {
  const { BENCH_FIBERS_NODE: binary, BENCH_FIBERS_PACKAGE: fibers } = process.env
  if (binary === undefined || fibers === undefined) {
    throw new Error(
      'BENCH_FIBERS_NODE and BENCH_FIBERS_PACKAGE are not set. Use:  npm run bench:fibers  or  bench:peers',
    )
  }
  const manifest = import.meta.resolve('greenthreads/package.json')
  const compiled = fileURLToPath(new URL('dist/commonjs/fibers.cjs', manifest))
  return { ours: { binary: process.execPath, fibers: compiled }, theirs: { binary, fibers } }
}
