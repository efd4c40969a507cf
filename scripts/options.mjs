import { parseArgs } from 'node:util'
import { nodeOf, supportedMajors } from './node-versions.mjs'
import { StepFailed } from './process.mjs'

export const backends = ['stack', 'thread']

/** May be given several times, or with commas. */
const list = { type: 'string', multiple: true }
export const cellOptions = { node: list, backend: list }

/** `{ values, words }` of the command line; `--help` prints the usage and ends the process. */
export function readOptions(usage, options) {
  const { values, positionals } = parsed(usage, { help: { type: 'boolean' }, ...options })
  if (values.help) {
    process.stdout.write(`${usage}\n`)
    process.exit(0)
  }
  return { values, words: positionals }
}

function parsed(usage, options) {
  try {
    return parseArgs({ options, allowPositionals: true })
  } catch (error) {
    throw new StepFailed(`${error.message}\n\n${usage}`)
  }
}

/** The versions of Node that `--node` names, those by default. */
export function chosenNodes({ node }, byDefault = supportedMajors) {
  const majors = chosen('--node', node, supportedMajors.map(String)).map(Number)
  return Promise.all((node ? majors : byDefault).map(nodeOf))
}

/** The backends that `--backend` names, both by default. */
export function chosenBackends({ backend }) {
  return chosen('--backend', backend, backends)
}

function chosen(option, given, known) {
  const values = given?.flatMap((value) => value.split(',')) ?? known
  const wrong = values.find((value) => !known.includes(value))
  if (wrong !== undefined) throw new StepFailed(`${option} ${wrong}: known are ${known.join(', ')}`)
  return values
}
