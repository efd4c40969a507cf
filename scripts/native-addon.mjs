import { createHash } from 'node:crypto'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fetchHeaders, headersOf } from './node-versions.mjs'
import { root, run, StepFailed, say } from './process.mjs'
import { requireToolchain } from './toolchain.mjs'

const platform = `${process.platform}-${process.arch}`

/** Everything that is compiled: the product's addon, and those that only the tests load. */
const addons = [
  { name: 'greenthreads', folder: root, sources: ['binding.gyp', 'native'] },
  { name: 'fixtures', folder: join(root, 'test', 'native', 'fixtures'), sources: undefined },
  { name: 'node-api', folder: join(root, 'test', 'native', 'node-api'), sources: undefined },
]

/** Builds the addons for one Node, each into prebuilds/<platform>-<arch>/node.abi<N>.node, unless they are fresh. */
export async function ensureAddons(node) {
  for (const addon of addons) {
    if (existsSync(join(addon.folder, 'binding.gyp'))) await ensure(addon, node)
    else if (addon.name === 'greenthreads')
      throw new StepFailed('binding.gyp is missing: this is not a whole checkout')
  }
}

async function ensure({ name, folder, sources }, node) {
  const files = filesOf(folder, sources ?? readdirSync(folder))
  const target = join(folder, 'prebuilds', platform, `node.abi${node.abi}.node`)
  const workplace = join(root, '.cache', 'native', `${name}-abi${node.abi}`)
  const stamp = join(workplace, 'stamp')
  const fingerprint = fingerprintOf(folder, files, node)
  if (existsSync(target) && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return

  requireToolchain()
  say(
    `compiling the native addon ${name} for Node ${node.version} (ABI ${node.abi}), about a minute`,
  )
  // Each ABI compiles in a copy of its own: builds neither clash nor throw away
  // each other's object files. Kept time stamps keep make incremental.
  for (const entry of new Set(files.map((file) => file.split(/[\\/]/)[0]))) {
    rmSync(join(workplace, entry), { recursive: true, force: true })
    cpSync(join(folder, entry), join(workplace, entry), {
      recursive: true,
      preserveTimestamps: true,
    })
  }
  await compile(workplace, node)
  publish(join(workplace, 'build', 'Release'), target)
  writeFileSync(stamp, fingerprint)
  say(`built ${relative(root, target)}`)
}

async function compile(workplace, node) {
  const headers = headersOf(node)
  try {
    await nodeGyp(workplace, node, headers)
  } catch (error) {
    if (headers !== undefined || error.exitCode === 130) throw error
    say(
      `node-gyp could not download the headers of Node ${node.version}, or failed with them: trying npm's package of it`,
    )
    await nodeGyp(workplace, node, await fetchHeaders(node))
  }
}

function nodeGyp(workplace, node, headers) {
  const require = createRequire(import.meta.url)
  const script = require.resolve('node-gyp/bin/node-gyp.js')
  // A nodedir that npm is configured with may hold the headers of another version.
  const { npm_config_nodedir: _, ...env } = process.env
  const nodedir = headers === undefined ? [] : [`--nodedir=${headers}`]
  // It runs under the Node it builds for: ABI, architecture and defaults then come out right.
  return run(
    node.binary,
    [script, 'configure', 'build', '--release', '--jobs=max', '--loglevel=error', ...nodedir],
    `The native build for Node ${node.version}`,
    { cwd: workplace, env },
  )
}

/** Renaming is atomic: a process that loads the old file now keeps it whole. */
function publish(release, target) {
  const built = readdirSync(release).filter((file) => file.endsWith('.node'))
  if (built.length !== 1)
    throw new StepFailed(
      `One .node file was expected in ${relative(root, release)}, found: ${built.join(', ') || 'none'}`,
    )
  mkdirSync(dirname(target), { recursive: true })
  const unfinished = `${target}.${process.pid}`
  copyFileSync(join(release, built[0]), unfinished)
  renameSync(unfinished, target)
}

function filesOf(folder, entries) {
  return entries
    .filter((entry) => entry !== 'build' && entry !== 'prebuilds')
    .flatMap((entry) => {
      const path = join(folder, entry)
      if (!existsSync(path))
        throw new StepFailed(`${relative(root, path)} is missing: this is not a whole checkout`)
      if (!isFolder(path)) return [entry]
      return filesOf(path, readdirSync(path)).map((file) => join(entry, file))
    })
    .sort()
}

function isFolder(path) {
  try {
    readdirSync(path)
    return true
  } catch (error) {
    if (error.code === 'ENOTDIR') return false
    throw error
  }
}

function fingerprintOf(folder, files, node) {
  const hash = createHash('sha256')
  const settings = ['CC', 'CXX', 'CFLAGS', 'CXXFLAGS', 'LDFLAGS'].map(
    (name) => process.env[name] ?? '',
  )
  hash.update(JSON.stringify([node.version, platform, settings]))
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(folder, file)))
  return hash.digest('hex')
}
