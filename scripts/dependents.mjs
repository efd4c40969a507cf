import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recipes } from '../test/dependents/recipes.mjs'
import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { supportedMajors } from './node-versions.mjs'
import { oldFibers } from './old-fibers.mjs'
import { cellOptions, chosenBackends, chosenNodes, readOptions } from './options.mjs'
import { main, npm, root, run, StepFailed, say } from './process.mjs'
import { compile } from './typescript.mjs'

const usage = `npm run test:dependents                               suites of packages that depend on fibers, with @greenthreads/fibers
                                                      in its place, on Node ${supportedMajors.join(', ')}, both backends; and
                                                      random programs, which fibers 5 on Node 14 runs as well
npm run test:dependents -- --node 22 --backend stack  only these (repeat or separate by commas)
npm run test:dependents -- syncho                     only packages whose name holds this, or random-programs`

const folder = join(root, '.cache', 'dependents')
const limitMs = 300_000
const quiet = ['--no-audit', '--no-fund', '--loglevel=error']

const randomPrograms = {
  name: 'random-programs',
  file: join(root, 'test', 'dependents', 'random-programs.cjs'),
  count: 2000,
}

await main(async () => {
  const { values, words } = readOptions(usage, cellOptions)
  const backends = chosenBackends(values)
  const isChosen = ({ name }) => words.length === 0 || words.some((word) => name.includes(word))
  const chosen = recipes.filter(isChosen)
  if (chosen.length === 0 && !isChosen(randomPrograms))
    throw new StepFailed(`No package's name holds ${words.join(' or ')}`)
  await ensureInstalled()
  const nodes = await chosenNodes(values)
  for (const node of nodes) await ensureAddons(node)
  await compile()

  const cells = nodes.flatMap((node) => backends.map((backend) => ({ node, backend })))
  const problems = []
  const check = async (what, run) => {
    for (const { node, backend } of cells) {
      const problem = await run(node, backend)
      const cell = `${what}, Node ${node.version} ${backend}`
      say(`${cell}: ${problem === undefined ? 'passed' : 'failed'}`)
      if (problem !== undefined) problems.push(`${cell}: ${problem}`)
    }
  }
  const packed = chosen.length > 0 ? await packOurs() : undefined
  for (const recipe of chosen) {
    const place = await install(recipe, packed)
    const what = `${recipe.name}@${recipe.version} (${recipe.tests} tests)`
    await check(what, (node, backend) => runSuite(recipe, place, node, backend))
  }
  if (isChosen(randomPrograms)) {
    const { binary, fibers } = await oldFibers()
    const expected = await digests(binary, fibers)
    await check(`${randomPrograms.count} random programs`, (node, backend) =>
      compareDigests(expected, node, backend),
    )
  }
  const count = (chosen.length + (isChosen(randomPrograms) ? 1 : 0)) * cells.length
  for (const problem of problems) process.stdout.write(`\n${problem}\n`)
  process.stdout.write(`\n${count - problems.length} passed, ${problems.length} failed\n`)
  if (problems.length > 0) process.exitCode = 1
})

/** What `npm install` would get of this package and of the one that stands for fibers. */
async function packOurs() {
  rmSync(folder, { recursive: true, force: true })
  const packed = {}
  for (const [name, source] of [
    ['greenthreads', root],
    ['fibers', join(root, 'compat', 'fibers')],
  ]) {
    const target = join(folder, 'packed', name)
    mkdirSync(target, { recursive: true })
    await pack(source, target)
    packed[name] = join(target, onlyFileOf(target))
  }
  return packed
}

/** The package as published, with what it needs, and `fibers` from here. Returns its folder. */
async function install({ name, version }, packed) {
  const place = join(folder, name)
  const download = join(folder, 'packed', name)
  say(`installing ${name}@${version}`)
  for (const created of [place, download]) mkdirSync(created, { recursive: true })
  await pack(`${name}@${version}`, download)
  const archive = join(download, onlyFileOf(download))
  await run('tar', ['-xzf', archive, '-C', place, '--strip-components=1'], `unpacking ${archive}`)
  replaceFibers(join(place, 'package.json'), packed)
  await npm(
    ['install', '--no-package-lock', '--ignore-scripts', '--legacy-peer-deps', ...quiet],
    `npm install in ${place}`,
    { cwd: place },
  )
  checkReplaced(place)
  return place
}

/** As users do it. */
function replaceFibers(file, packed) {
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  for (const [name, archive] of Object.entries(packed)) {
    manifest.dependencies = { ...manifest.dependencies, [name]: `file:${archive}` }
    manifest.overrides = { ...manifest.overrides, [name]: `$${name}` }
  }
  writeFileSync(file, JSON.stringify(manifest, undefined, 2))
}

async function pack(what, target) {
  await npm(
    ['pack', what, '--pack-destination', target, '--ignore-scripts', ...quiet],
    `npm pack ${what}`,
  )
}

function onlyFileOf(target) {
  const [file, ...others] = readdirSync(target)
  if (file === undefined || others.length > 0)
    throw new StepFailed(`npm pack left other files than one in ${target}`)
  return file
}

function checkReplaced(place) {
  const found = readdirSync(place, { recursive: true })
    .filter((file) => /node_modules.fibers.package\.json$/.test(file))
    .map((file) => JSON.parse(readFileSync(join(place, file), 'utf8')).name)
  if (found.length === 0 || found.some((name) => name !== '@greenthreads/fibers'))
    throw new StepFailed(`npm did not put @greenthreads/fibers in the place of fibers in ${place}`)
}

/** What is wrong, with the end of what the suite printed; undefined when all its tests have passed. */
async function runSuite({ command, env, passed, tests }, place, node, backend) {
  const { error, stdout, stderr } = await execute(node.binary, command, {
    cwd: place,
    env: { ...process.env, ...env, GREENTHREADS_BACKEND: backend },
  })
  const counted = Number(passed.exec(stdout)?.[1] ?? 0)
  if (error === null && counted === tests) return undefined
  const what = error === null ? `${counted} tests passed, not ${tests}` : error.message
  return `${what}\n${stdout.slice(-8000)}${stderr.slice(-8000)}`
}

/** What is wrong; undefined when every program leaves the trace that it leaves with fibers 5. */
async function compareDigests(expected, node, backend) {
  const ours = join(root, 'dist', 'commonjs', 'fibers.cjs')
  const found = await digests(node.binary, ours, { GREENTHREADS_BACKEND: backend })
  const seeds = expected.flatMap((digest, i) => (digest === found[i] ? [] : [i + 1]))
  if (seeds.length === 0) return undefined
  return `other traces than with fibers 5 for the seeds ${seeds.slice(0, 20)} (${seeds.length} in all)`
}

async function digests(binary, fibers, env) {
  const { error, stdout, stderr } = await execute(
    binary,
    [randomPrograms.file, fibers, String(randomPrograms.count)],
    { env: { ...process.env, ...env } },
  )
  if (error !== null) throw new StepFailed(`${error.message}\n${stderr.slice(-8000)}`)
  return JSON.parse(stdout)
}

function execute(binary, args, options) {
  const limits = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 10_000_000 }
  return new Promise((resolve) => {
    execFile(binary, args, { ...options, ...limits }, (error, stdout, stderr) =>
      resolve({ error, stdout, stderr }),
    )
  })
}
