// A reporter for `node --test`: one line per hundred tests, failures in full as they happen, with
// what their process printed last.
import { relative } from 'node:path'
import { inspect } from 'node:util'
import { root } from './process.mjs'

const keptLines = 30

export default async function* report(events) {
  const output = new Map()
  let finished = 0
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') remember(output, data)
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (data.details.type === 'suite' && type === 'test:pass') continue
    if (type === 'test:fail' && !isConsequence(data)) yield describe(data, output)
    if (++finished % 100 === 0) yield `  ${finished} tests so far\n`
  }
}

/** A parent whose subtests failed says nothing new. */
function isConsequence({ details }) {
  return details.error?.failureType === 'subtestsFailed'
}

function describe({ name, file, details }, output) {
  const where = file ? relative(root, file) : ''
  const { error } = details
  const cause = error?.cause ?? error
  const lines = [`\n✖ ${name}${where && !name.endsWith(where) ? `  (${where})` : ''}`]
  if (error?.exitCode !== undefined || error?.signal) {
    lines.push(
      `  the process ended with ${error.signal ? `signal ${error.signal}` : `exit code ${error.exitCode}`}`,
    )
  } else {
    lines.push(indent(typeof cause === 'string' ? cause : inspect(cause, { depth: 8 })))
  }
  const printed = output.get(file ?? name)
  if (printed?.length)
    lines.push('  its process printed last:', ...printed.map((line) => `  | ${line}`))
  return `${lines.join('\n')}\n`
}

function remember(output, { file, message }) {
  const lines = [...(output.get(file) ?? []), ...message.trimEnd().split('\n')]
  output.set(file, lines.slice(-keptLines))
}

function indent(text) {
  return text.replace(/^/gm, '  ')
}
