import { ensureInstalled } from './installation.mjs'
import { ensureAddons } from './native-addon.mjs'
import { nodeOf, supportedMajors } from './node-versions.mjs'
import { main, StepFailed, say } from './process.mjs'
import { runSuite, summary, testFiles } from './suite.mjs'
import { compile } from './typescript.mjs'

const backends = ['stack', 'thread']
const usage = `npm run test:matrix                                  the whole suite on Node ${supportedMajors.join(', ')}, both backends
npm run test:matrix -- --node 22 --backend stack     only these (repeat or separate by commas)
npm run test:matrix -- core/wait                     only the test files whose path holds this`

await main(async () => {
  const { majors, chosenBackends, words } = read(process.argv.slice(2))
  await ensureInstalled()
  say('compiling the TypeScript')
  await compile()
  const files = testFiles(words)

  const cells = []
  for (const major of majors) {
    const node = await nodeOf(major)
    await ensureAddons(node)
    for (const backend of chosenBackends) {
      const name = `Node ${node.version} ${backend}`
      say(`${name}: ${files.length} test files`)
      const began = Date.now()
      const counts = await runSuite(node.binary, files, { backend, name: `${major}-${backend}` })
      cells.push({ name, ...counts, seconds: (Date.now() - began) / 1000 })
      say(`${name}: ${summary(counts)}`)
    }
  }
  print(cells)
  if (cells.some(({ failed }) => failed > 0)) process.exitCode = 1
})

function print(cells) {
  const total = { passed: 0, failed: 0, skipped: 0 }
  process.stdout.write(
    `\n${'cell'.padEnd(24)}${['passed', 'failed', 'skipped', 'seconds'].map((head) => head.padStart(9)).join('')}\n`,
  )
  for (const cell of cells) {
    for (const key of Object.keys(total)) total[key] += cell[key]
    const numbers = [cell.passed, cell.failed, cell.skipped, cell.seconds.toFixed(1)]
    process.stdout.write(
      `${cell.name.padEnd(24)}${numbers.map((value) => String(value).padStart(9)).join('')}\n`,
    )
  }
  process.stdout.write(`\n${summary(total)}\n`)
}

function read(args) {
  const options = { '--node': [], '--backend': [] }
  const words = []
  for (let index = 0; index < args.length; index++) {
    const [name, inline] = args[index].split('=')
    if (name === '--help') {
      process.stdout.write(`${usage}\n`)
      process.exit(0)
    }
    if (!name.startsWith('--')) {
      words.push(name)
      continue
    }
    const value = inline ?? args[++index]
    if (!(name in options) || value === undefined)
      throw new StepFailed(`What does ${args.join(' ')} mean?\n\n${usage}`)
    options[name].push(...value.split(','))
  }
  return {
    majors: choose('--node', options['--node'].map(Number), supportedMajors),
    chosenBackends: choose('--backend', options['--backend'], backends),
    words,
  }
}

function choose(option, values, known) {
  const wrong = values.find((value) => !known.includes(value))
  if (wrong !== undefined) throw new StepFailed(`${option} ${wrong}: known are ${known.join(', ')}`)
  return values.length ? values : known
}
