import fs from 'node:fs'
import { conclude, isSystemError } from './conclusion.ts'
import { isLoaderReading } from './modules.ts'
import { carryOutAbandonably, carryOutStoppably } from './operation.ts'
import {
  type AnyFunction,
  type Call,
  callBlocking,
  callOriginal,
  isMadeByNode,
  type Patch,
} from './registry.ts'

/** Whole files, read and written: the forms with a callback take a signal. */
export function fileContentPatches(): Patch[] {
  const target = (): object => fs
  return [
    { target, key: 'readFileSync', green: readFile },
    { target, key: 'writeFileSync', green: (call) => writeFile(call, fs.writeFile) },
    { target, key: 'appendFileSync', green: (call) => writeFile(call, fs.appendFile) },
  ]
}

function readFile(call: Call): unknown {
  const [file, options] = call.args
  if (isOfModuleLoader(call)) return callBlocking(call)
  if (isLoaderReading() || !isOrdinary(options)) return callOriginal(call)
  if (typeof file === 'number') return readDescriptor(call)
  const form: AnyFunction = fs.readFile
  // What is read into belongs to this operation alone, which closes the file by itself.
  const outcome = carryOutAbandonably((done) => {
    const abort = new AbortController()
    form(file, withSignal(options, abort.signal), done)
    return () => abort.abort()
  })
  // Errors differ between versions, and reading again does no harm: the original says what it finds.
  return outcome.kind === 'done' ? outcome.value : callOriginal(call)
}

/**
 * The loader of modules reads sources in functions that were not written to be suspended: a module that
 * two imports ask for meanwhile would be evaluated twice, or lack some of its exports.
 */
function isOfModuleLoader(call: Call): boolean {
  const { 1: options } = call.args
  return (options === undefined || options === 'utf8') && isMadeByNode(call, 'internal/modules/')
}

/** The original reads through `fs.readSync`, which suspends, unless it decodes UTF-8 by itself. */
function readDescriptor(call: Call): unknown {
  const [file, options] = call.args
  const encoding = encodingOf(options)
  if (!isUtf8(encoding) || hasMeaningless(options) || !isDescriptor(file)) return callOriginal(call)
  const binary = typeof options === 'string' ? null : { __proto__: options, encoding: null }
  try {
    return (callOriginal({ ...call, args: [file, binary] }) as Buffer).toString(encoding)
  } catch (error) {
    // Where it decodes by itself it does not look at the file first.
    if (isSystemError(error) && error.syscall === 'fstat') return callOriginal(call)
    throw error
  }
}

function writeFile(call: Call, form: AnyFunction): unknown {
  const [file, data, options] = call.args
  if (!isOrdinary(options)) return callOriginal(call)
  if (typeof file === 'number') return writeDescriptor(call)
  const outcome = carryOutStoppably((done) => {
    const abort = new AbortController()
    form(file, data, withSignal(options, abort.signal), done)
    return () => abort.abort()
  })
  return conclude(call, outcome)
}

/** The original writes through `fs.writeSync`, which suspends, unless it encodes UTF-8 by itself. */
function writeDescriptor(call: Call): unknown {
  const [file, data, options] = call.args
  const isEncodedThere =
    typeof data === 'string' && data !== '' && isUtf8(encodingOf(options) ?? 'utf8')
  if (!isEncodedThere || hasMeaningless(options) || !isDescriptor(file)) return callOriginal(call)
  return callOriginal({ ...call, args: [file, Buffer.from(data), options] })
}

function encodingOf(options: unknown): unknown {
  return typeof options === 'string'
    ? options
    : (options as { encoding?: unknown } | null)?.encoding
}

/** What has no meaning for an open file, and is checked in some cases all the same. */
function hasMeaningless(options: unknown): boolean {
  if (typeof options !== 'object' || options === null) return false
  const { flag, mode } = options as { flag?: unknown; mode?: unknown }
  return flag !== undefined || mode !== undefined
}

function isDescriptor(file: unknown): boolean {
  return Number.isInteger(file) && (file as number) >= 0
}

function isUtf8(encoding: unknown): encoding is 'utf8' | 'utf-8' {
  return encoding === 'utf8' || encoding === 'utf-8'
}

/** Not options that are refused, or that have a signal, which the original ignores. */
function isOrdinary(options: unknown): boolean {
  if (options === undefined || options === null || typeof options === 'string') return true
  return typeof options === 'object' && !('signal' in options)
}

function withSignal(options: unknown, signal: AbortSignal): object {
  if (typeof options === 'string') return { encoding: options, signal }
  return { __proto__: options ?? null, signal }
}
