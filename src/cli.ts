#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

import { TypesNotStrippedError } from './errors.ts'

const usage = `greenthreads run FILE [ARGUMENTS]   runs a program as node does, or an installed command, with its main
                                    module in a green thread and blocking calls that suspend
greenthreads doctor [--json]        says which backend runs here and why, or why none can

  --json      the same as one JSON object
  --version   the version of greenthreads
  --help      this text
`

interface Options {
  json: boolean
  version: boolean
  help: boolean
}

/** The exit code; undefined where the program decides that. */
async function main(): Promise<number | undefined> {
  const [first, ...others] = process.argv.slice(2)
  if (first === 'run') return run(others)
  const { command, options } = read(process.argv.slice(2))
  if (options.help) return print(usage)
  if (options.version) return print(`${version()}\n`)
  switch (command) {
    case 'doctor': {
      // Loaded only here: the other answers must not depend on a working addon.
      const { examine, render } = await import('./inspect/doctor.ts')
      const diagnosis = await examine()
      print(options.json ? `${JSON.stringify(diagnosis, null, 2)}\n` : render(diagnosis))
      return diagnosis.isHealthy ? 0 : 1
    }
    case undefined:
      return refuse('A command is missing.')
    default:
      return refuse(`"${command}" is not a command of greenthreads.`)
  }
}

/** All that follows the name of the file belongs to the program. */
async function run([file, ...args]: string[]): Promise<number | undefined> {
  if (file === undefined) return refuse('The file to run is missing.')
  if (file === '--help' || file === '-h') return print(usage)
  if (file.startsWith('-')) return refuse(`"${file}" is not an option of greenthreads run.`)
  await import('./patch/register.ts')
  const { runMain } = await import('./patch/main-module.ts')
  runMain(file, args)
  return undefined
}

function read(args: string[]): { command: string | undefined; options: Partial<Options> } {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      version: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (positionals.length > 1) throw new TypeError(`Unexpected argument "${positionals[1]}".`)
  return { command: positionals[0], options: values }
}

function version(): string {
  const file = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

function refuse(reason: string): number {
  process.stderr.write(`${reason}\n\n${usage}`)
  return 2
}

try {
  const exitCode = await main()
  if (exitCode !== undefined) process.exitCode = exitCode
} catch (error) {
  process.exitCode = explain(error)
}

function explain(error: unknown): number {
  if (error instanceof TypesNotStrippedError) {
    process.stderr.write(`${error.message}\n`)
    return 1
  }
  // parseArgs and read() explain unknown options in their messages.
  if (error instanceof TypeError) return refuse(error.message)
  throw error
}
