import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'
import { InvalidArgumentError, OffloadError } from '../index.ts'

/** What a worker is told to do. */
export interface Task {
  /** For messages. */
  readonly name: string
  /** The source of a function, as an expression. */
  readonly source?: string
  /** Or the address of a module, of whose exports the function is one. */
  readonly module?: string
  readonly args: readonly unknown[]
}

/** The arguments of `offload()`. */
export type Call = readonly [target: unknown, ...rest: unknown[]]

export function taskOf([target, ...rest]: Call): Task {
  if (typeof target === 'function') {
    return { name: target.name || 'the function', source: sourceOf(target), args: rest }
  }
  const [name, ...args] = rest
  if (typeof name !== 'string') throw new InvalidArgumentError('exportName', 'a string', name)
  return { name, module: addressOf(target), args }
}

function addressOf(module: unknown): string {
  if (module instanceof URL) return module.href
  if (typeof module === 'string' && /^[a-z]{2,}:/i.test(module)) return module
  if (typeof module === 'string' && isAbsolutePath.test(module)) return pathToFileURL(module).href
  throw new InvalidArgumentError(
    'the first argument of offload()',
    "a function, or the address of a module: new URL('./work.js', import.meta.url)",
    module,
  )
}

const isAbsolutePath = /^(?:\/|\\\\|[a-z]:[\\/])/i

type Callable = (...args: never[]) => unknown

const sources = new WeakMap<object, string>()

function sourceOf(target: unknown): string {
  const fn = target as Callable
  const known = sources.get(fn)
  if (known !== undefined) return known
  const source = expressionOf(Function.prototype.toString.call(fn), fn.name)
  sources.set(fn, source)
  return source
}

function expressionOf(text: string, name: string): string {
  if (/^class\b/.test(text)) throw new InvalidArgumentError('fn', 'a function, no class', text)
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text))
    throw notSelfContained(name, 'it is native or bound')
  const method = `Object.values({ ${text} })[0]`
  const problem = syntaxProblem(`(${text})`)
  if (problem === undefined) return `(${text})`
  if (syntaxProblem(method) === undefined) return method
  throw notSelfContained(name, `its source can't stand alone (${problem})`)
}

function syntaxProblem(expression: string): string | undefined {
  try {
    new Script(expression)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

export function notSelfContained(name: string, why: string, cause?: unknown): OffloadError {
  return new OffloadError(
    'ERR_GT_OFFLOAD_NOT_SELF_CONTAINED',
    `${name} can't be offloaded by itself: ${why}.\n` +
      'A function is sent to the worker as its source text, without the variables and imports around it. ' +
      'Hand what it needs over as arguments, load modules inside it (`await import()`), or offload an ' +
      "export of a module:  offload(new URL('./work.js', import.meta.url), 'name', ...args)",
    cause,
  )
}
