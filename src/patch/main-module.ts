import fs from 'node:fs'
import Module, { createRequire } from 'node:module'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'
import { TypesNotStrippedError } from '../errors.ts'
import { spawn, wait } from '../lowlevel.ts'
import type { AnyFunction } from './registry.ts'

const loader = Module as unknown as {
  _load: AnyFunction
  _resolveFilename: AnyFunction
  _extensions: Record<string, unknown>
  /** In Node.js from 22.13 on. */
  stripTypeScriptTypes?: (code: string) => string
}

/** The originals: nothing of this happens in a green thread. */
const { existsSync, readFileSync, realpathSync } = fs

/**
 * Runs a program as `node file ...args` does, with its main module in a green thread: its top level may
 * wait. Errors that it throws are uncaught exceptions. Where there is no such file, it is the name of an
 * installed command, as with npx.
 *
 * @throws what Node.js throws when there is no such file; TypesNotStrippedError.
 */
export function runMain(file: string, args: readonly string[]): void {
  const { path, found } = locate(file)
  process.argv = [process.execPath, path, ...args]
  checkTypesAreStripped(found)
  const load = isEsModule(found) ? loadEsModule : loadCommonJs
  // Not from within microtasks, where ticks would come after them.
  setImmediate(() => spawn(load, found).then(undefined, throwUncaught))
}

/** What `process.argv` tells, and the file itself. */
function locate(file: string): { path: string; found: string } {
  const path = resolve(file)
  try {
    return { path, found: loader._resolveFilename(path, null, true) as string }
  } catch (error) {
    const command = commandNamed(file)
    if (command === undefined) throw error
    return { path: command, found: realpathSync(command) }
  }
}

function commandNamed(name: string): string | undefined {
  if (/[\\/]/.test(name)) return undefined
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const command = join(folder, 'node_modules', '.bin', name)
    if (existsSync(command)) return command
    if (folder === dirname(folder)) return undefined
  }
}

function throwUncaught(error: unknown): void {
  process.nextTick(() => {
    throw error // by the main module:
  })
}

function loadCommonJs(file: string): void {
  loader._load(file, null, true)
}

/** Required, an ES module and what it imports are evaluated on the stack of the thread. */
function loadEsModule(file: string): void {
  try {
    createRequire(file)(file)
  } catch (error) {
    if (!isRefusedUnevaluated(error)) throw error
    // If it was the module itself that threw this, it is not evaluated again, and throws it again.
    wait(import(pathToFileURL(file).href))
  }
}

/** For its top-level await, or because this version of Node.js does not require ES modules at all. */
function isRefusedUnevaluated(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  return code === 'ERR_REQUIRE_ASYNC_MODULE' || code === 'ERR_REQUIRE_ESM'
}

const typed = ['.ts', '.mts', '.cts']

function checkTypesAreStripped(file: string): void {
  const extension = extname(file)
  const { typescript } = process.features as { typescript?: unknown }
  const isStripped = Boolean(typescript) || extension in loader._extensions
  if (isStripped || !typed.includes(extension)) return
  throw new TypesNotStrippedError(file)
}

/** As Node.js tells the two kinds apart: by ending, by package, by what the source is. */
function isEsModule(file: string): boolean {
  switch (extname(file)) {
    case '.mjs':
    case '.mts':
      return true
    case '.js':
    case '.ts':
    case '':
      return (packageTypeOf(file) ?? kindOfSource(file)) === 'module'
    default:
      return false
  }
}

function packageTypeOf(file: string): unknown {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const description = join(folder, 'package.json')
    if (existsSync(description)) {
      return (JSON.parse(readFileSync(description, 'utf8')) as { type?: unknown }).type
    }
    if (folder === dirname(folder)) return undefined
  }
}

function kindOfSource(file: string): 'module' | 'commonjs' {
  const source = readFileSync(file, 'utf8')
  try {
    const code = typed.includes(extname(file)) ? loader.stripTypeScriptTypes?.(source) : source
    vm.compileFunction(code ?? source, ['exports', 'require', 'module', '__filename', '__dirname'])
    return 'commonjs'
  } catch {
    return 'module' // or not JavaScript at all, which the loader explains
  }
}
