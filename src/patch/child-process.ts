import childProcess from 'node:child_process'
import { type ChildOptions, isUnderstood } from './child-options.ts'
import { type ChildResult, runChild } from './child-run.ts'
import { thrownAtCaller } from './conclusion.ts'
import { type Call, callOriginal, type Patch } from './registry.ts'

/** Node's ways to run a child process and wait for its end. */
export function childProcessPatches(): Patch[] {
  const target = (): object => childProcess
  return [
    { target, key: 'spawnSync', green: spawn },
    { target, key: 'execFileSync', green: execFile },
    { target, key: 'execSync', green: exec },
  ]
}

function spawn(call: Call): unknown {
  const [file, second, third] = call.args
  const [args, options] = Array.isArray(second) || second == null ? [second, third] : [[], second]
  return run(call, file, args ?? [], options) ?? callOriginal(call)
}

/** Undefined when nothing was started: then the original is called, which explains or blocks. */
function run(
  call: Call,
  file: unknown,
  args: unknown,
  options: unknown = {},
): ChildResult | undefined {
  if (typeof file !== 'string' || !isUnderstood(options)) return undefined
  const result = runChild(file, args as string[], options)
  if (result?.error !== undefined) thrownAtCaller(result.error, call)
  return result
}

function execFile(call: Call): unknown {
  const [file, second, third] = call.args
  const [args, options] = Array.isArray(second) || second == null ? [second, third] : [[], second]
  const list = (args ?? []) as string[]
  const given = (options ?? {}) as ChildOptions
  const result = run(call, file, list, given)
  if (result === undefined) return callOriginal(call)
  return outputOf(call, result, given, [given.argv0 || file, ...list].join(' '))
}

function exec(call: Call): unknown {
  const [command, second] = call.args
  if (typeof second === 'function') return callOriginal(call)
  const given = { ...(second as ChildOptions | undefined) }
  const shell = typeof given.shell === 'string' ? given.shell : true
  const result = run(call, command, [], { ...given, shell })
  if (result === undefined) return callOriginal(call)
  return outputOf(call, result, given, String(command))
}

/** As the originals do it: standard error is passed on, unless the caller has said where it goes. */
function outputOf(
  call: Call,
  result: ChildResult,
  options: ChildOptions,
  command: string,
): unknown {
  if (!options.stdio && result.stderr) process.stderr.write(result.stderr)
  const error = failureOf(result, command)
  if (error === undefined) return result.stdout
  throw thrownAtCaller(error, call)
}

function failureOf(result: ChildResult, command: string): Error | undefined {
  if (result.error !== undefined) return Object.assign(result.error, result)
  if (result.status === 0) return undefined
  const { stderr } = result
  const details = stderr && stderr.length > 0 ? `\n${stderr.toString()}` : ''
  return Object.assign(new Error(`Command failed: ${command}${details}`), result)
}
