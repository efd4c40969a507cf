import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { supportedMajors } from './node-versions.mjs'
import { cellOptions, chosenBackends, chosenNodes, readOptions } from './options.mjs'
import { main, outputOf, root, StepFailed, say } from './process.mjs'
import { flagSets } from './stress-flags.mjs'
import { summary } from './suite.mjs'
import { compile } from './typescript.mjs'

const sampleSize = 12
const limitMs = 10 * 60_000
const keptBytes = 4000
const program = join('dist-test', 'native', 'stress-program.js')

const usage = `npm run test:stress                      every construct under ${flagSets.length} sets of V8 flags, on Node ${supportedMajors.join(', ')}, both backends (hours)
npm run test:stress -- --sample          ${sampleSize} of these runs, others every day
npm run test:stress -- --node 24 --backend stack --flags maglev     only where the flags hold this word`

await main(async () => {
  const { values } = readOptions(usage, {
    ...cellOptions,
    flags: { type: 'string', multiple: true, default: [] },
    sample: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  })
  await ensureInstalled()
  say('compiling the TypeScript')
  await compile()
  const cells = choose(await cellsOf(values), values.sample)
  say(`${cells.length} runs, ${availableParallelism()} at a time; seed ${values.seed}`)
  const failures = await runAll(cells, values.seed)
  for (const failure of failures) process.stdout.write(describe(failure))
  process.stdout.write(
    `\n${summary({ passed: cells.length - failures.length, failed: failures.length })}\n`,
  )
  if (failures.length > 0) process.exitCode = 1
})

/** One cell per version, backend and set of flags that this version knows. */
async function cellsOf(values) {
  const cells = []
  const backends = chosenBackends(values)
  for (const node of await chosenNodes(values)) {
    await ensureAddons(node)
    const known = `${outputOf(node.binary, ['--v8-options'])}\n${outputOf(node.binary, ['--help'])}`
    for (const flags of flagSets) {
      if (!flags.every((flag) => knows(known, flag))) continue
      if (!values.flags.every((word) => flags.join(' ').includes(word))) continue
      for (const backend of backends) cells.push({ node, backend, flags })
    }
  }
  if (cells.length === 0) throw new StepFailed(`No run fits.\n\n${usage}`)
  return cells
}

/** Node lists its own flags as they are given, V8 those which can be negated without `no-`. */
function knows(known, flag) {
  const name = flag.replace(/=.*/, '')
  return [name, name.replace(/^--no-/, '--')].some((spelling) => known.includes(`  ${spelling} `))
}

/** A sample takes cells that lie far apart, and other ones tomorrow, so that all get their turn. */
function choose(cells, isSample) {
  if (!isSample || cells.length <= sampleSize) return cells
  const day = Math.floor(Date.now() / 86_400_000)
  const stride = cells.length / sampleSize
  return Array.from(
    { length: sampleSize },
    (_, index) => cells[(Math.floor(index * stride) + day) % cells.length],
  )
}

async function runAll(cells, seed) {
  const failures = []
  const waiting = [...cells]
  let finished = 0
  const work = async () => {
    for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
      const result = await run(cell, seed)
      finished++
      const isGood = result.code === 0
      if (!isGood) failures.push(result)
      const outcome = isGood ? 'passed' : `FAILED (${result.signal ?? `exit code ${result.code}`})`
      say(
        `${finished}/${cells.length} ${name(cell)}: ${outcome} in ${Math.round(result.seconds)} s`,
      )
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return failures
}

function run(cell, seed) {
  const began = Date.now()
  const child = spawn(
    cell.node.binary,
    ['--expose-gc', ...cell.flags, '--test-reporter=spec', program],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment(cell, seed) },
      timeout: limitMs,
      killSignal: 'SIGKILL',
    },
  )
  let output = ''
  const keep = (chunk) => {
    output = (output + chunk).slice(-keptBytes)
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (signal === 'SIGINT' || code === 130) reject(new StepFailed('interrupted', 130))
      else resolve({ cell, seed, code, signal, output, seconds: (Date.now() - began) / 1000 })
    })
  })
}

function environment({ backend }, seed) {
  return {
    GREENTHREADS_BACKEND: backend,
    GREENTHREADS_TEST_SEED: seed,
    // The flags make everything slow; fewer coroutines find the same.
    GREENTHREADS_TEST_COROUTINES: '6',
    GREENTHREADS_TEST_ROUNDS: '2',
  }
}

function name({ node, backend, flags }) {
  return `Node ${node.major} ${backend} ${flags.join(' ') || '(no flags)'}`
}

function describe({ cell, seed, code, signal, output }) {
  const settings = Object.entries(environment(cell, seed)).map(([key, value]) => `${key}=${value}`)
  const command = [...settings, cell.node.binary, '--expose-gc', ...cell.flags, program].join(' ')
  return `\n✖ ${name(cell)}: ${signal ?? `exit code ${code}`}\n  ${command}\n${output.replace(/^/gm, '  | ')}\n`
}
