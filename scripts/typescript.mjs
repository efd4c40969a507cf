import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root, run, say } from './process.mjs'

/** Where each project's sources are and where its output goes. */
const projects = [
  { sources: 'src', output: 'dist' },
  { sources: 'test', output: 'dist-test' },
  { sources: 'examples', output: 'examples/dist' },
  { sources: 'app', output: 'app/dist' },
  { sources: 'bench', output: 'bench/dist' },
]

/** Compiles all projects, or the given ones with what they refer to. */
export async function compile(...names) {
  for (const project of projects) prune(project)
  await run(
    process.execPath,
    [
      join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
      '--build',
      ...(process.stderr.isTTY ? ['--pretty'] : []),
      ...names,
    ],
    'The TypeScript build',
  )
}

/** Removes the output of sources that are gone: a deleted test must not run for ever. */
function prune({ sources, output }) {
  const folder = join(root, output)
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { recursive: true })) {
    const stem = /^(.*?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(entry)?.[1]
    if (stem === undefined || existsSync(join(root, sources, `${stem}.ts`))) continue
    say(`removing ${relative(root, join(folder, entry))}: its source is gone`)
    rmSync(join(folder, entry))
  }
}
