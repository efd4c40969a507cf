import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { npm, outputOf, root, StepFailed, say } from './process.mjs'

/** The Node versions that the package promises to run on. */
export const supportedMajors = [20, 22, 24, 26]

const cache = join(root, '.cache', 'node')

/**
 * The Node of that major version as `{ major, version, abi, binary, prefix }`; the running one where it fits,
 * else the one that npm's package of Node binaries brings into .cache/node/.
 */
export async function nodeOf(major) {
  if (major === majorOf(process.versions.node)) return describe(process.execPath)
  return describe(await install(String(major)))
}

export function currentNode() {
  return describe(process.execPath)
}

/** A prefix with include/node that holds exactly this Node's headers, or undefined. */
export function headersOf({ version, prefix }) {
  return [process.env.npm_config_nodedir, prefix].find(
    (candidate) => versionOfHeaders(candidate) === version,
  )
}

/** Fetches the headers of a Node that came without any, from the npm package of the same version. */
export async function fetchHeaders({ version }) {
  return dirname(dirname(await install(version)))
}

function versionOfHeaders(prefix) {
  const file = prefix && join(prefix, 'include', 'node', 'node_version.h')
  if (!file || !existsSync(file)) return undefined
  const text = readFileSync(file, 'utf8')
  return ['MAJOR', 'MINOR', 'PATCH']
    .map((part) => new RegExp(`#define NODE_${part}_VERSION (\\d+)`).exec(text)?.[1])
    .join('.')
}

async function install(version) {
  const name = packageName()
  const folder = join(cache, version)
  const binary = join(
    folder,
    'node_modules',
    name,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  )
  if (existsSync(binary)) return binary
  say(`fetching Node ${version} (${name}) into .cache/node/${version}`)
  await fetchPackage(`${name}@${version}`, folder)
  if (!existsSync(binary))
    throw new StepFailed(
      `The package ${name}@${version} holds no ${binary.slice(folder.length + 1)}`,
    )
  return binary
}

/** Puts a package into a folder of its own, as it was published: its scripts don't run, its promises are ignored. */
export async function fetchPackage(what, folder) {
  mkdirSync(folder, { recursive: true })
  await npm(
    [
      ...['install', what, '--prefix', folder, '--force', '--ignore-scripts'],
      ...['--no-save', '--no-package-lock', '--no-audit', '--no-fund'],
    ],
    `npm install ${what}`,
    { cwd: folder },
  )
}

function packageName() {
  return `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
}

function describe(binary) {
  const printed = outputOf(binary, [
    '-p',
    'JSON.stringify([process.versions.node, process.versions.modules])',
  ])
  if (printed === undefined) throw new StepFailed(`${binary} does not run on this machine`)
  const [version, abi] = JSON.parse(printed)
  return { major: majorOf(version), version, abi, binary, prefix: dirname(dirname(binary)) }
}

function majorOf(version) {
  return Number(version.split('.')[0])
}
